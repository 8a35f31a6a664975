"""What is known at the places of our candidates: catalogues' sources, minor planets, sources of the reference image.

`load_catalogue` brings files into the database, `match_run` compares the candidates of a run with all of it, and
`describe` answers for one candidate.
"""

from .answers import Answer, describe
from .loading import Loaded, load_catalogue
from .matching import match_run

__all__ = ["Answer", "Loaded", "describe", "load_catalogue", "match_run"]
