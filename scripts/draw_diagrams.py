"""
Draw the diagrams of the documentation, each for the light and for the dark theme.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path

from attrs import field, frozen

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"


@frozen
class Theme:
    """
    The colours of one theme.
    """

    name: str
    ink: str
    soft: str
    fill: str
    accent: str
    warm: str


THEMES = (
    Theme("light", "#1e293b", "#475569", "#f1f5f9", "#0f766e", "#b45309"),
    Theme("dark", "#e2e8f0", "#a8b5c7", "#1e293b", "#2dd4bf", "#fbbf24"),
)


@frozen
class Drawing:
    """
    An SVG picture that grows by boxes, arrows and words.
    """

    theme: Theme
    width: int
    height: int
    title: str
    parts: list[str] = field(factory=list)

    def box(self, x: int, y: int, w: int, h: int, *lines: str, colour: str = "") -> None:
        """
        Draw a box with centred lines of text, the first one bold.
        """
        stroke = colour or self.theme.soft
        self.parts.append(
            f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="8" fill="{self.theme.fill}" '
            f'stroke="{stroke}" stroke-width="1.5"/>'
        )
        top = y + h / 2 - (len(lines) - 1) * 9
        for number, line in enumerate(lines):
            weight = "600" if number == 0 else "400"
            shade = self.theme.ink if number == 0 else self.theme.soft
            size = 15 if number == 0 else 12.5
            self.parts.append(
                f'<text x="{x + w / 2}" y="{top + number * 18 + 5}" text-anchor="middle" '
                f'font-size="{size}" font-weight="{weight}" fill="{shade}">{escape(line)}</text>'
            )

    def words(self, x: int, y: int, text: str, anchor: str = "middle", colour: str = "") -> None:
        """
        Write a line of text.
        """
        self.parts.append(
            f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="12.5" '
            f'fill="{colour or self.theme.soft}">{escape(text)}</text>'
        )

    def arrow(self, *points: tuple[int, int], colour: str = "", dashed: bool = False) -> None:
        """
        Draw an arrow along points.
        """
        stroke = colour or self.theme.soft
        name = "tip" + stroke.lstrip("#")
        path = " ".join(f"{'M' if not i else 'L'}{x} {y}" for i, (x, y) in enumerate(points))
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        self.parts.append(
            f'<marker id="{name}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" '
            f'markerHeight="7" orient="auto"><path d="M0 0L10 5L0 10z" fill="{stroke}"/></marker>'
            f'<path d="{path}" fill="none" stroke="{stroke}" stroke-width="1.6"{dash} '
            f'marker-end="url(#{name})"/>'
        )

    def write(self, name: str) -> None:
        """
        Write the picture.
        """
        text = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" '
            f'role="img" font-family="system-ui, sans-serif"><title>{escape(self.title)}</title>'
            + "\n".join(self.parts)
            + "</svg>\n"
        )
        path = PICTURES / f"{name}-{self.theme.name}.svg"
        path.write_text(text, encoding="utf-8", newline="\n")


def loop(theme: Theme) -> Drawing:
    """
    Draw how a run becomes a memory, and how memories are learned about.
    """
    d = Drawing(theme, 760, 330, "A task, its memories, the run, its review, and what is learned")
    d.box(20, 40, 130, 60, "Task")
    d.box(190, 40, 170, 60, "Memories", "by meaning and Q-value")
    d.box(400, 40, 140, 60, "Your agent")
    d.box(590, 40, 150, 60, "Trace", "task, run, answer")
    d.box(590, 180, 150, 60, "Review", "pass or fail", colour=theme.warm)
    d.box(330, 180, 190, 60, "Reflection", "what a next run should do", colour=theme.accent)
    d.box(80, 180, 170, 60, "New memory", "Q-value 0.5", colour=theme.accent)
    d.arrow((150, 70), (188, 70))
    d.arrow((360, 70), (398, 70))
    d.arrow((540, 70), (588, 70))
    d.arrow((665, 100), (665, 178))
    d.arrow((590, 210), (522, 210), colour=theme.accent)
    d.arrow((330, 210), (252, 210), colour=theme.accent)
    d.arrow((165, 180), (165, 140), (245, 140), (245, 102), colour=theme.accent)
    d.arrow((665, 240), (665, 290), (40, 290), (40, 120), (215, 120), (215, 102),
            colour=theme.warm, dashed=True)  # fmt: skip  # a drawing is read by its coordinates
    d.words(350, 310, "the review moves the Q-values of the memories that the run had used",
            colour=theme.warm)  # fmt: skip  # a drawing is read by its coordinates
    return d


def ranking(theme: Theme) -> Drawing:
    """
    Draw how a query is answered.
    """
    d = Drawing(theme, 760, 150, "How a query chooses memories")
    steps = (
        ("Similarity", "cosine of task", "and past tasks"),
        ("Threshold", "similarity_", "threshold"),
        ("Blend", "λ · similarity", "+ (1 - λ) · Q-value"),
        ("Diversity", "mmr_lambda", "against repetition"),
        ("Answer", "limit memories,", "best first"),
    )
    for place, lines in enumerate(steps):
        x = 10 + place * 150
        colour = theme.accent if place == 2 else ""
        d.box(x, 35, 130, 84, *lines, colour=colour)
        if place:
            d.arrow((x - 20, 77), (x - 2, 77))
    return d


def conversation(theme: Theme) -> Drawing:
    """
    Draw when a conversation's memories are looked up, and what its trace is called.
    """
    d = Drawing(theme, 760, 200, "Early and late intent in a conversation")
    d.arrow((20, 100), (740, 100))
    for x, who in ((70, "Hello"), (190, "I want a refund"), (330, "Which order?"),
                   (470, "7, paid by voucher"), (610, "Voucher issued")):  # fmt: skip  # points
        d.parts.append(f'<circle cx="{x}" cy="100" r="6" fill="{theme.soft}"/>')
        d.words(x, 128, who)
    d.words(190, 40, "early intent", colour=theme.warm)
    d.words(190, 58, "look memories up", colour=theme.warm)
    d.arrow((190, 66), (190, 90), colour=theme.warm)
    d.words(610, 40, "late intent", colour=theme.accent)
    d.words(610, 58, "name the task of the trace", colour=theme.accent)
    d.arrow((610, 66), (610, 90), colour=theme.accent)
    d.words(380, 175, "later tasks are compared with the late one: it says what the run was about")
    return d


def architecture(theme: Theme) -> Drawing:
    """
    Draw the layers and what depends on what.
    """
    d = Drawing(theme, 760, 400, "The layers: contract, generated code, client, server")
    d.box(270, 15, 220, 56, "openapi.yaml", "the contract, by hand", colour=theme.warm)
    d.box(60, 120, 240, 56, "reflect_api", "generated client", colour=theme.warm)
    d.box(460, 120, 240, 56, "reflect_contract", "generated types, operations", colour=theme.warm)
    d.arrow((330, 71), (200, 118), colour=theme.warm)
    d.arrow((430, 71), (560, 118), colour=theme.warm)
    d.box(60, 225, 240, 56, "reflect_sdk", "ReflectClient")
    d.box(460, 225, 240, 56, "reflect_server", "doors, use cases")
    d.box(60, 330, 240, 56, "your agent")
    d.box(460, 330, 115, 56, "domain", "rules")
    d.box(585, 330, 115, 56, "store", "SQLite")
    d.arrow((180, 225), (180, 178))
    d.arrow((580, 225), (580, 178))
    d.arrow((180, 330), (180, 283))
    d.arrow((518, 281), (518, 328))
    d.arrow((642, 281), (642, 328))
    d.arrow((300, 148), (458, 245), colour=theme.accent)
    d.words(395, 190, "HTTP", colour=theme.accent)
    return d


DIAGRAMS: dict[str, Callable[[Theme], Drawing]] = {
    "architecture": architecture,
    "conversation": conversation,
    "loop": loop,
    "ranking": ranking,
}


def main() -> None:
    """
    Draw them all.
    """
    for name, draw in DIAGRAMS.items():
        for theme in THEMES:
            draw(theme).write(name)


if __name__ == "__main__":
    main()
