"""`scbch bench roofline`: lower bounds of time on accelerators that are not at hand."""

from dataclasses import dataclass
from typing import Annotated

from scbch_jax.cli import console
from scbch_jax.config.constraints import ChecksFields, size_list


@dataclass(frozen=True)
class BenchRoofline(ChecksFields):
    """Print operations and bytes of the programs, and lower bounds of their time."""

    hidden: Annotated[tuple[int, ...], size_list()] = (1024, 8192)
    """Widths of the hidden layers; the paper's is 8192."""


def main(options: BenchRoofline) -> None:
    """Counts the programs of MIRFlickr-25K's size at every width; trains nothing."""
    from scbch_jax.bench.cost import DEVICES, count_costs
    from scbch_jax.bench.training import Shape
    from scbch_jax.report import as_markdown

    rows = []
    for hidden in options.hidden:
        console.log(f"width {hidden}: compiling")
        for cost in count_costs(Shape(hidden)):
            times = [
                f"{1000 * cost.seconds(device, precision):.2f}"
                for device in DEVICES
                for precision in ("float32", "bfloat16")
            ]
            sizes = [f"{x / 1e9:.1f}" for x in (cost.operations, cost.bytes)]
            rows.append([cost.program, f"{hidden}", *sizes, *times])
    names = [f"{d.name}, {p}, ms" for d in DEVICES for p in ("float32", "bfloat16")]
    header = ["program", "width", "10^9 operations", "GB", *names]
    console.output(as_markdown(header, rows))
    console.output("rates by data sheets; bytes of the program that is compiled here")
