"""Lines in the Minor Planet Center's format, as it published them."""

CERES = (
    "00001    3.35  0.15 K25BL 231.53975   73.29974   80.24963   10.58789  0.0795763  0.21429712   2.7656157"
    "  0 MPO964264  7384 126 1801-2026 0.69 M-v 30k MPCORBFIT  4000      (1) Ceres              20260103"
)
PALLAS = (
    "00002    4.11  0.15 K25BL 211.52977  310.93340  172.88859   34.92833  0.2306430  0.21379713   2.7699258"
    "  0 MPO964264  9023 124 1804-2025 0.64 M-c 28k MPCORBFIT  4000      (2) Pallas             20251214"
)
CERES_200_DAYS_BEFORE = (
    "00001    3.34  0.15 K2555 188.70269   73.27343   80.25221   10.58780  0.0794013  0.21424651   2.7660512"
    "  0 E2024-V47  7330 125 1801-2024 0.80 M-v 30k MPCLINUX   4000      (1) Ceres              20241101"
)
HEADER = (
    "MINOR PLANET CENTER ORBIT DATABASE (MPCORB)\n\nThis file contains published orbital elements.\n\n"
    "Des'n     H     G   Epoch     M        Peri.      Node       Incl.       e            n           a        Ref\n\n"
    + 160 * "-"
    + "\n"
)
