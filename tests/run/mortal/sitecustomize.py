"""Python loads this before anything else in a process that has this folder on its path."""

from tests.run.writes import be_mortal

be_mortal()
