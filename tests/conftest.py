"""What holds for every test: no law is judged by the clock, and nothing of the user's own is read or written."""

import os
import tempfile
from pathlib import Path

from hypothesis import settings

settings.register_profile("house", deadline=None)  # the machines that run the tests are shared
settings.load_profile("house")

# Calibrations of the user's would give relevance to results that have none here.
os.environ["SHORTLIST_CALIBRATIONS"] = str(Path(tempfile.gettempdir(), "shortlist-tests", "no-calibrations"))
