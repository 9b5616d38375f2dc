"""One noise curve, whole, beside the same curve by the published study's tools."""
