"""Which columns of a table say where a source is, and what."""

from collections.abc import Mapping, Sequence

from .tables import Column

ROLES = ("name", "ra", "dec", "source_type", "mag")

# In lower case, the better first. VizieR adds _RAJ2000 and _DEJ2000, which it computed, to every table.
_POSITIONS = (
    ("_raj2000", "_dej2000"), ("raj2000", "dej2000"), ("ra_icrs", "de_icrs"), ("_ra.icrs", "_de.icrs"),
    ("radeg", "dedeg"), ("ra_deg", "dec_deg"), ("ra_d", "dec_d"), ("ra", "dec"), ("ra", "de"),
    ("ra_j2000", "dec_j2000"), ("raj2000", "decj2000"), ("ra2000", "dec2000"), ("alpha_j2000", "delta_j2000"),
    ("ramean", "decmean"), ("s_ra", "s_dec"), ("right_ascension", "declination"),
)  # fmt: skip
_NAMES = {
    "name": (
        "name", "gcvs", "main_id", "designation", "source_name", "source", "source_id", "objid", "objectid", "object",
        "id", "oid",
    ),
    "source_type": (
        "type", "vartype", "otype", "main_type", "source_type", "var_type", "best_class_name", "object_type", "objtype",
        "spectype", "class",
    ),
    "mag": ("mag", "magmax", "max", "phot_g_mean_mag", "gmag", "vmag", "flux_v", "magnitude", "mag_v", "rmag"),
}  # fmt: skip
_UCDS = {
    "ra": ("pos.eq.ra;meta.main", "pos_eq_ra_main", "pos.eq.ra"),
    "dec": ("pos.eq.dec;meta.main", "pos_eq_dec_main", "pos.eq.dec"),
    "name": ("meta.id;meta.main", "id_main"),
    "source_type": ("src.class",),
    "mag": ("phot.mag;em.opt.v", "phot.mag;em.opt", "phot.mag"),
}
_OTHER_EQUINOXES = ("1875", "1900", "1950")


def recognised(columns: Sequence[Column], named: Mapping[str, str]) -> dict[str, Column]:
    """The role of each column that has one.

    The columns that a file itself marks as its main position (UCD `pos.eq.ra;meta.main`) come first, then the names
    in common use, then any position at all. Columns of equinoxes before 2000 are passed over.

    Args:
        named: role → column name, for what is not recognised or not wanted so.

    Returns:
        Role → column, of `ROLES`.

    Raises:
        KeyError: `named` has a column that the table lacks.
    """
    by_name = {column.name: column for column in columns}
    current = [column for column in columns if not any(year in column.name for year in _OTHER_EQUINOXES)]
    by_lower_name = {column.name.strip().lower().replace(" ", "_"): column for column in reversed(current)}
    by_ucd = {column.ucd.strip().lower(): column for column in reversed(current)}
    roles = _position(by_lower_name, by_ucd)
    for role, names in _NAMES.items():
        found = [by_lower_name[name] for name in names if name in by_lower_name]
        found += [by_ucd[ucd] for ucd in _UCDS[role] if ucd in by_ucd]
        if found:
            roles[role] = found[0]
    return roles | {role: by_name[name] for role, name in named.items()}


def _position(by_lower_name: dict[str, Column], by_ucd: dict[str, Column]) -> dict[str, Column]:
    ucds = list(zip(_UCDS["ra"], _UCDS["dec"], strict=True))
    ways = [(by_ucd, pair) for pair in ucds[:2]]
    ways += [(by_lower_name, pair) for pair in _POSITIONS]
    ways += [(by_ucd, ucds[2])]
    for columns, (ra, dec) in ways:
        if ra in columns and dec in columns:
            return {"ra": columns[ra], "dec": columns[dec]}
    return {}
