"""Speed and accuracy of the fits beside lmfit, and how often the intervals hold the truth."""
