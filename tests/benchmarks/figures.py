"""One measured figure beside its goal and its anchor."""

from dataclasses import asdict, dataclass, replace


@dataclass(frozen=True)
class Figure:
    """`goal` is what must be reached, from above or from below; `anchor` what the value is compared with."""

    figure: str
    value: float
    unit: str
    goal: float | None = None
    at_most: bool = True
    anchor: float | None = None
    benchmark: str = ""

    def of(self, benchmark: str) -> "Figure":
        return replace(self, benchmark=benchmark)

    @property
    def met(self) -> bool | None:
        if self.goal is None:
            return None
        # Of numpy's numbers a comparison is no bool that JSON knows.
        return bool(self.value <= self.goal if self.at_most else self.value >= self.goal)

    def record(self) -> dict:
        fields = {name: value for name, value in asdict(self).items() if name != "at_most"}
        return fields | {"value": float(self.value), "met": self.met}

    def cells(self) -> tuple[str, ...]:
        sign = "≤" if self.at_most else "≥"
        return (
            self.benchmark,
            self.figure,
            f"{self.value:.4g}",
            self.unit,
            "" if self.goal is None else f"{sign} {self.goal:g}",
            "" if self.anchor is None else f"{self.anchor:.4g}",
            "" if not self.anchor else f"{self.value / self.anchor:.2f}",
            {None: "", True: "[green]met[/]", False: "[red]not met[/]"}[self.met],
        )
