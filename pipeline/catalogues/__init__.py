"""What is known of the sky, from the files of those who know it: catalogues of sources, orbits of minor planets.

`read_catalogue` and `read_orbits` give rows chunk by chunk and collect what they leave out in a `Refusals`;
`positions_at` says which minor planets are around a place at a time. Nothing here needs the network.
"""

from .files import SOURCE_DTYPE, read_catalogue
from .kinds import KINDS
from .orbits import ORBIT_DTYPE, read_orbits
from .positions import POSITION_DTYPE, positions_at
from .refusal import CatalogueRefused, Refusals

__all__ = [
    "KINDS",
    "ORBIT_DTYPE",
    "POSITION_DTYPE",
    "SOURCE_DTYPE",
    "CatalogueRefused",
    "Refusals",
    "positions_at",
    "read_catalogue",
    "read_orbits",
]
