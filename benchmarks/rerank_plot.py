"""Speed against fidelity as an SVG, written by hand: a dot an arm, best at the top right."""

from __future__ import annotations

import math
from typing import Any
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 760, 460, 70, 40, 60


def draw(result: dict[str, Any], beside: str = "sentence-transformers' default") -> str:
    """The plot of one race: Kendall's τ to float32 across times the speed of what it is compared with."""
    arms = [arm for arm in result["arms"] if arm["ran"]]
    fastest = max(arm["times_default"] for arm in arms) * 1.15
    worst = max(1e-4, *(1 - arm["kendall"] for arm in arms)) * 1.6
    least = 1e-4  # what is nearer to exact stands on the upper edge

    def across(times: float) -> float:
        return LEFT + (WIDTH - LEFT - 160) * times / fastest

    def down(kendall: float) -> float:
        lost = max(1 - kendall, least)
        return TOP + (HEIGHT - TOP - BOTTOM) * math.log(lost / least) / math.log(worst / least)

    floor, size = HEIGHT - BOTTOM, f'viewBox="0 0 {WIDTH} {HEIGHT}"'
    title = f"{result['shape']}, {result['cores']} core: speed against fidelity"
    upwards = "1 - Kendall's τ to float32, better upwards"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="20" font-size="14">{title}</text>',
        f'<line x1="{LEFT}" y1="{floor}" x2="{WIDTH - 20}" y2="{floor}" stroke="black"/>',
        f'<line x1="{LEFT}" y1="{TOP}" x2="{LEFT}" y2="{floor}" stroke="black"/>',
        f'<text x="{LEFT}" y="{HEIGHT - 12}">times the speed of {beside}</text>',
        f'<text transform="translate(16 {floor}) rotate(-90)">{upwards}</text>',
    ]
    for times in range(math.ceil(fastest)):
        parts.append(f'<text x="{across(times) - 3:.0f}" y="{HEIGHT - BOTTOM + 18}">{times}</text>')
    for lost in (1e-4, 1e-3, 1e-2, 1e-1):
        if lost <= worst:
            parts.append(f'<text x="{LEFT - 40}" y="{down(1 - lost) + 4:.0f}">{lost:g}</text>')
    last: list[tuple[float, float]] = []
    for arm in sorted(arms, key=lambda each: (each["kendall"], each["times_default"])):
        x, y = across(arm["times_default"]), down(arm["kendall"])
        label = y
        while any(abs(label - other) < 13 and abs(x - beside) < 220 for beside, other in last):
            label += 13
        last.append((x, label))
        colour = "crimson" if arm["arm"].startswith("shortlist") or "label" in arm else "steelblue"
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>')
        parts.append(
            f'<text x="{x + 8:.1f}" y="{label + 4:.1f}" fill="{colour}">{escape(arm.get("label", arm["arm"]))}</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"
