"""What the catalogue says about one PostgreSQL type: its column, its values, and which of them Snowflake can hold."""

from dataclasses import dataclass

from tests.system.types.forms import BOOLEAN, BOOLEAN_TEXT, TEXT, Form


@dataclass(frozen=True)
class Edge:
    """One value, as PostgreSQL reads it; `expression` is SQL instead, for a value too long to write.

    `held` says whether FINAL's type holds it, `held_as_text` whether its text fits. `shown` is what the page calls it.
    """

    text: str | None
    held: bool = True
    held_as_text: bool = True
    shown: str = ""
    expression: str = ""

    @property
    def called(self) -> str:
        """How a person reads it."""
        return self.shown or f"`{self.text}`"


@dataclass(frozen=True)
class PgType:
    """One column of the catalogue: `declared` is its SQL, `target` FINAL's type for it, `form` how it is compared.

    `given` is False where PostgreSQL makes the value itself. `extension` and `since` say which servers have the type.
    """

    declared: str
    target: str
    form: Form
    edges: tuple[Edge, ...]
    title: str = ""
    given: bool = True
    extension: str = ""
    since: int = 0

    @property
    def name(self) -> str:
        """What the page calls the type."""
        return self.title or self.declared.replace("kinds.", "")

    def is_held(self, edge: Edge, as_text: bool) -> bool:
        """Whether the value has its place in FINAL."""
        return edge.held_as_text if as_text else edge.held

    def form_under(self, as_text: bool) -> Form:
        """How its values are compared; a column that is kept as text only as such."""
        if not as_text:
            return self.form
        return BOOLEAN_TEXT if self.form is BOOLEAN else TEXT


NULL = Edge(None, shown="NULL")


def edges(*given: str | Edge) -> tuple[Edge, ...]:
    """NULL and these values; a plain text is one that FINAL holds."""
    return (NULL, *(Edge(value) if isinstance(value, str) else value for value in given))


def refused(*texts: str) -> list[Edge]:
    """Values that FINAL's type does not hold, though text does."""
    return [Edge(text, held=False) for text in texts]


def shown(text: str, called: str) -> Edge:
    """A held value that is better described than written out."""
    return Edge(text, shown=called)


def as_text(declared: str, *values: str | Edge, **more: str | int) -> PgType:
    """A type whose values stay PostgreSQL's own texts."""
    return PgType(declared, "VARCHAR", TEXT, edges(*values), **more)  # type: ignore[arg-type]
