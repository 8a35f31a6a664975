"""What a source is, in the few words that matter to a candidate."""

KINDS = ("variable", "star", "galaxy", "agn", "other")

# SIMBAD's hierarchy of object types (https://simbad.cds.unistra.fr/guide/otypes.htx), with those it had before 2022,
# and plain words. Binaries that exchange mass are variables here, whatever their branch.
_TYPES = {
    "variable": """
        V* Ir* Er* Ro* Pu* Or* bC* SX* gD* dS* RR* WV* Ce* cC* LP* Mi* RV* a2* RC* El* EB* BY* RS* CV* No* sr* Fl* FU*
        Al* bL* WU* EP* DN* DQ* AM* NL* Sy* XB* LXB HXB variable
    """,
    "star": """
        * ** SB* PM* HV* Em* MS* Be* BS* Ev* RG* HS* HB* RB* C* S* AB* OH* pA* WD* Pe* Ma* sg* s*r s*y s*b WR* N* Psr
        Y*O YSO TT* Ae* LM* BD* star
    """,
    "galaxy": "G LSB bCG SBG H2G EmG GiP GiG GiC BiC IG PaG galaxy",
    "agn": "AGN SyG Sy1 Sy2 rG LIN QSO Bla BLL OVV AG? Q? Bz? BL? quasar blazar",
}
_KIND_OF = {name.lower(): kind for kind, names in _TYPES.items() for name in names.split()}


def kind_of(source_type: str) -> str:
    """One of `KINDS` for a type of SIMBAD (`RR*`, and `RR?` of a candidate) or a plain word (`galaxy`).

    Anything else is `other`, such as most variability types of VSX: who loads that file knows that it is of variables.
    """
    name = source_type.strip().lower()
    certain = name.removesuffix("?")
    forms = (name, certain, f"{certain}*") if len(name) > len(certain) > 0 else (name,)
    return next((_KIND_OF[form] for form in forms if form in _KIND_OF), "other")
