"""Resident memory over calls as an SVG, written by hand: a line an arm, from where it stood after its warm-up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, TOP, BOTTOM, RIGHT = 760, 400, 60, 40, 50, 190
COLOURS = ("crimson", "steelblue", "seagreen", "darkorange", "mediumpurple", "saddlebrown", "hotpink", "dimgray")
LEAST_MB = 20.0  # a plot of nothing but noise would make mountains of it


@dataclass(frozen=True, slots=True)
class Sample:
    """What a process held after so many calls."""

    calls: int
    resident_mb: float
    peak_mb: float


def draw(arms: Mapping[str, Sequence[Sample]]) -> str:
    """Megabytes above the fifth sample of each arm, over the share of its calls that are done."""
    lines = {arm: [sample.resident_mb - samples[4].resident_mb for sample in samples] for arm, samples in arms.items()}
    top = max(LEAST_MB, *(max(line) for line in lines.values())) * 1.1
    low = min(0.0, *(min(line[4:]) for line in lines.values()))
    floor, edge = HEIGHT - BOTTOM, WIDTH - RIGHT

    def across(share: float) -> float:
        return LEFT + (edge - LEFT) * share

    def down(megabytes: float) -> float:
        return floor - (floor - TOP) * (max(megabytes, low) - low) / (top - low)

    size = f'viewBox="0 0 {WIDTH} {HEIGHT}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="20" font-size="14">Resident memory over calls with texts of random lengths</text>',
        f'<line x1="{LEFT}" y1="{floor}" x2="{edge}" y2="{floor}" stroke="black"/>',
        f'<line x1="{LEFT}" y1="{TOP}" x2="{LEFT}" y2="{floor}" stroke="black"/>',
        f'<text x="{LEFT}" y="{HEIGHT - 10}">share of the calls that are done</text>',
        f'<text transform="translate(16 {floor}) rotate(-90)">MB more than after 2 % of the calls</text>',
    ]
    for tenth in range(0, 11, 2):
        parts.append(f'<text x="{across(tenth / 10) - 10:.0f}" y="{floor + 18}">{10 * tenth} %</text>')
    step = 5 if top < 50 else 20 if top < 200 else 100
    for megabytes in range(0, int(top) + 1, step):
        y = down(megabytes)
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{edge}" y2="{y:.1f}" stroke="gainsboro"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{megabytes}</text>')
    label = 0.0
    for (arm, line), colour in sorted(zip(lines.items(), COLOURS, strict=False), key=lambda each: -each[0][1][-1]):
        points = " ".join(f"{across((i + 1) / len(line)):.1f},{down(y):.1f}" for i, y in enumerate(line))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        label = max(down(line[-1]) + 4, label + 14)
        name = f"{escape(arm)}, {arms[arm][-1].calls:,} calls"
        parts.append(f'<text x="{edge + 6}" y="{label:.1f}" fill="{colour}">{name}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"
