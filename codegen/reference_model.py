"""
The documentation of a Python package as data: what a page says, whatever it is written in.
"""

from __future__ import annotations

from attrs import frozen


@frozen
class Parameter:
    """
    A parameter of a callable, or an attribute of a type.

    Attributes:
        name: Its name.
        alternatives: The alternatives of its type, such as `("str", "None")`; empty where unknown.
        default: The default as source text; None where a value is required, or there is no default.
        description: What it means.
    """

    name: str
    alternatives: tuple[str, ...]
    default: str | None
    description: str


@frozen
class Outcome:
    """
    What comes out of a call: a value that is returned or yielded, or an error that is raised.

    Attributes:
        alternatives: The alternatives of its type.
        description: The value, or when the error is raised.
    """

    alternatives: tuple[str, ...]
    description: str


@frozen
class Example:
    """
    Code that shows a use.

    Attributes:
        title: What it shows; empty where the code says it.
        code: The code, without prompts.
        output: What it prints; empty where that is not shown.
    """

    title: str
    code: str
    output: str = ""


@frozen(kw_only=True)
class Callable:
    """
    A function or a method.

    Attributes:
        name: Its name.
        signature: The lines of its signature, decorators that matter to callers first.
        prose: Paragraphs; the first is the summary.
        parameters: Its parameters, without `self` and `cls`.
        returns: What it returns; None where it returns nothing.
        yields: What it yields, for a generator or a context manager.
        raises: The errors that it raises.
        examples: Code that uses it.
        notes: Remarks set apart from the prose.
        twin: The name of its counterpart in the other world, synchronous or asynchronous.
        is_twin: Whether it is the asynchronous one of the two.
        documented: The names of the parameters that its docstring describes.
        gives: Whether it returns or yields a value, by its signature.
        asks_the_service: Whether its body sends requests.
    """

    name: str
    signature: tuple[str, ...]
    prose: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    returns: Outcome | None = None
    yields: Outcome | None = None
    raises: tuple[Outcome, ...] = ()
    examples: tuple[Example, ...] = ()
    notes: tuple[str, ...] = ()
    twin: str = ""
    is_twin: bool = False
    documented: tuple[str, ...] = ()
    gives: bool = False
    asks_the_service: bool = False

    @property
    def summary(self) -> str:
        """
        The first paragraph.
        """
        return self.prose[0] if self.prose else ""


@frozen(kw_only=True)
class Type:
    """
    A class.

    Attributes:
        name: Its name.
        bases: Its bases.
        prose: Paragraphs; the first is the summary.
        constructor: How it is made; None where users do not make it.
        attributes: Its attributes and properties, inherited ones included.
        class_methods: Its class methods.
        methods: Its other methods, inherited ones included.
        examples: Code that uses it.
        notes: Remarks set apart from the prose.
        is_error: Whether it is raised.
    """

    name: str
    bases: tuple[str, ...] = ()
    prose: tuple[str, ...] = ()
    constructor: Callable | None = None
    attributes: tuple[Parameter, ...] = ()
    class_methods: tuple[Callable, ...] = ()
    methods: tuple[Callable, ...] = ()
    examples: tuple[Example, ...] = ()
    notes: tuple[str, ...] = ()
    is_error: bool = False

    @property
    def summary(self) -> str:
        """
        The first paragraph.
        """
        return self.prose[0] if self.prose else ""


@frozen
class Constant:
    """
    A public name that is neither class nor function, such as a type alias.

    Attributes:
        name: Its name.
        value: Its value as source text; empty where that does not matter.
        description: What it is.
    """

    name: str
    value: str
    description: str


@frozen(kw_only=True)
class Reference:
    """
    A package as its users see it.

    Attributes:
        client: The class that the first page is about.
        types: What its methods take and return.
        shared: Bases of types that are no public names themselves; what all of those types have.
        errors: What they raise.
        functions: Public functions beside the client.
        constants: Other public names.
    """

    client: Type
    types: tuple[Type, ...] = ()
    shared: tuple[Type, ...] = ()
    errors: tuple[Type, ...] = ()
    functions: tuple[Callable, ...] = ()
    constants: tuple[Constant, ...] = ()
