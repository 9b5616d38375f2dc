"""A worker that cannot start; imports nothing, so that it fails fast."""


def fail_to_begin():
    raise OSError("nothing works here")
