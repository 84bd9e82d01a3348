"""Counts that tests note as properties, summed at the end of the session."""

from collections import Counter

PREFIX = "harness: "
"""Begins the name of a property that is a count."""


def pytest_terminal_summary(terminalreporter):
    """Prints the sum of each count, over all tests and workers."""
    counts = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) == "call":
                for name, value in report.user_properties:
                    if name.startswith(PREFIX):
                        counts[name.removeprefix(PREFIX)] += value
    if counts:
        said = ", ".join(f"{value:,} {name}" for name, value in counts.items())
        terminalreporter.write_line(f"harness: {said}")
