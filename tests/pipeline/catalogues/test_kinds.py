import pytest

from pipeline.catalogues.kinds import KINDS, kind_of


@pytest.mark.parametrize(
    ("source_type", "kind"),
    [
        ("RR*", "variable"),
        ("RR?", "variable"),
        ("EB*", "variable"),
        ("V*?", "variable"),
        ("CV*", "variable"),
        (" Variable ", "variable"),
        ("*", "star"),
        ("PM*", "star"),
        ("WD?", "star"),
        ("STAR", "star"),
        ("G", "galaxy"),
        ("GiG", "galaxy"),
        ("Galaxy", "galaxy"),
        ("QSO", "agn"),
        ("Q?", "agn"),
        ("Sy1", "agn"),
        ("SN*", "other"),
        ("Rad", "other"),
        ("RRAB", "other"),
        ("?", "other"),
        ("", "other"),
    ],
)
def test_a_type_of_simbad_or_a_plain_word_tells_the_kind(source_type, kind):
    assert kind_of(source_type) == kind
    assert kind in KINDS
