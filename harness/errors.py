"""Every error that a user can mend, as one tree. It does not know how an error is printed: `harness.cli` does.

    HarnessError
    ├── SearchFileError      a search file, a --set, or a flag says something that cannot be
    ├── DatasetError         faces are not where, or not what, they should be
    │   ├── ImageError       files that cannot be read as images
    │   ├── LabelError       labels that are unknown, missing or without faces
    │   └── SplitError       a split that is empty, leaks a subject, or cannot be made
    ├── NetworkError         a backbone, an embedding or a checkpoint that does not fit
    ├── LossError            a loss, a miner or a reducer that does not exist or does not fit
    ├── ModelError           a model folder that is damaged, or faces that its network does not take
    ├── StudyError           a search folder that cannot be continued
    │   ├── LockedError      another process works on it
    │   ├── ChangedError     it holds a search of other settings or other faces
    │   └── JournalError     its journal cannot be read
    └── ResultsError         a results folder that cannot be read or written

Each message says what was expected, what came, where, and what to do next.
"""


class HarnessError(Exception):
    """The root. The command line prints its message and exits with code 2."""


class SearchFileError(HarnessError):
    """A search file, a `--set`, or a flag says something that cannot be."""


class DatasetError(HarnessError):
    """Faces are not where, or not what, they should be."""


class ImageError(DatasetError):
    """Files that cannot be read as images."""


class LabelError(DatasetError):
    """Labels that are unknown, missing or without faces."""


class SplitError(DatasetError):
    """A split that is empty, leaks a subject, or cannot be made."""


class NetworkError(HarnessError):
    """A backbone, an embedding or a checkpoint that does not fit."""


class LossError(HarnessError):
    """A loss, a miner or a reducer that does not exist or does not fit."""


class ModelError(HarnessError):
    """A model folder that is damaged, or faces that its network does not take."""


class StudyError(HarnessError):
    """A search folder that cannot be continued."""


class LockedError(StudyError):
    """Another process works on the search folder."""


class ChangedError(StudyError):
    """The search folder holds a search of other settings or other faces."""


class JournalError(StudyError):
    """The journal of a search folder cannot be read."""


class ResultsError(HarnessError):
    """A results folder that cannot be read or written."""
