"""What holds for every test: a law is not judged by the clock, since the machines that run it are shared."""

from hypothesis import settings

settings.register_profile("house", deadline=None)
settings.load_profile("house")
