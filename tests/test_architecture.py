"""The shape of the code: which way imports point, how long things grow, what they are called."""

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("bot", "handlers", "adapters")
ASSEMBLY = {"bot.app", "bot.demo", "bot.__main__"}
ASSEMBLED = ("bot.cli", "bot.sandbox")
SLACK = {"slack_bolt", "slack_sdk"}
SDKS = {"anthropic", "openai", "google", "asyncpg"}
OWN = {
    "adapters.claude": {"anthropic"},
    "adapters.openai": {"openai"},
    "adapters.openai_chat": {"openai"},
    "adapters.gemini": {"google"},
    "adapters.gemini_legacy": {"google"},
    "adapters.compatible": {"openai"},
}
SHARED = {"adapters.compatible": "adapters.openai_chat"}
"""What an adapter takes of another's: these servers imitate that vendor's API, and are asked through its SDK."""
CONTRACTS = {"adapters", "adapters.base", "adapters.errors", "adapters.models"}
TRANSPORT = "adapters.connections"
"""How the SDKs reach their vendors, for adapters alone."""

LONGEST_FILE = 300
LONGEST_FUNCTION = 40
LONG: dict[str, str] = {"bot.triage_tables.triage": "a table with a line for each of its columns"}
"""Functions that are longer, as `module.name`, each with its reason."""


@cache
def modules() -> dict[str, Path]:
    """Every module of the product by its dotted name."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            dotted = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            found[dotted.removesuffix(".__init__")] = path
    return found


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(modules()[module].read_text())


def functions(module: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@cache
def imports(module: str) -> frozenset[str]:
    """What a module imports when it runs, also inside functions; `from package import module` counts as the module."""
    found: set[str] = set()
    for node in running(tree(module)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            inner = names & modules().keys()
            found |= inner
            if inner != names:
                found.add(str(node.module))
    return frozenset(found)


def running(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those that only a type checker reads."""
    for inner in ast.iter_child_nodes(node):
        if isinstance(inner, ast.If) and ast.unparse(inner.test).endswith("TYPE_CHECKING"):
            continue
        yield inner
        yield from running(inner)


def top(name: str) -> str:
    return name.partition(".")[0]


def inside(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def assembly(module: str) -> bool:
    return module in ASSEMBLY or any(inside(module, package) for package in ASSEMBLED)


def core(module: str) -> bool:
    return inside(module, "bot") and not assembly(module)


def wrong(allowed: Callable[[str, str], bool]) -> list[str]:
    """The imports that a rule does not allow, as `file imports name`."""
    return [
        f"{modules()[module].relative_to(ROOT)} imports {name}"
        for module in modules()
        for name in sorted(imports(module))
        if not allowed(module, name)
    ]


def test_it_reads_the_imports() -> None:
    assert len(modules()) > 50
    assert {"adapters.base", "adapters.errors", "bot.attempts"} <= imports("bot.llm")
    assert {"handlers.blocks", "handlers.posts", "slack_sdk.errors"} <= imports("handlers.summaries")
    assert "handlers" not in imports("handlers.tldr")
    assert "adapters.base" not in imports("adapters.errors")


def test_it_keeps_slack_out_of_everything_but_the_handlers_and_the_assembly() -> None:
    assert not wrong(lambda module, name: top(name) not in SLACK or inside(module, "handlers") or assembly(module))


def test_it_keeps_every_vendors_sdk_in_its_adapter() -> None:
    assert not wrong(lambda module, name: top(name) not in SDKS or top(name) in OWN.get(module, ()))


def test_it_lets_nothing_import_the_handlers_but_themselves_and_the_assembly() -> None:
    assert not wrong(lambda module, name: top(name) != "handlers" or inside(module, "handlers") or assembly(module))


def test_it_lets_nothing_import_the_assembly_but_itself() -> None:
    assert not wrong(lambda module, name: not assembly(name) or assembly(module))


def test_it_lets_adapters_import_adapters_only() -> None:
    assert not wrong(lambda module, name: top(module) != "adapters" or top(name) not in {"bot", "handlers"})


def test_it_lets_adapters_share_their_contracts_and_nothing_else() -> None:
    def allowed(module: str, name: str) -> bool:
        if top(module) != "adapters" or top(name) != "adapters":
            return True
        if SHARED.get(module) == name:
            return True
        return name in CONTRACTS - {"adapters"} | {TRANSPORT} or name.startswith(f"{module.partition('_')[0]}_")

    assert not wrong(allowed)


def test_it_reaches_an_adapter_through_the_table_only() -> None:
    assert not wrong(lambda module, name: top(module) == "adapters" or top(name) != "adapters" or name in CONTRACTS)


def test_it_has_a_sandbox_that_knows_nothing_of_the_product() -> None:
    def allowed(module: str, name: str) -> bool:
        ours = top(name) in PACKAGES
        return not inside(module, "bot.sandbox") or not ours or inside(name, "bot.sandbox")

    assert not wrong(allowed)


def test_it_has_no_import_cycle() -> None:
    graph = {module: {name for name in imports(module) if name in modules()} for module in modules()}

    cycle: list[str] = []
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        cycle = error.args[1]
    assert not cycle


def test_it_imports_nothing_in_the_package_of_the_product() -> None:
    assert not imports("bot")


def test_it_imports_no_vendors_sdk_and_nothing_to_print_with_when_it_starts() -> None:
    code = "import sys, bot.app, bot.cli; print(*sys.modules)"

    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    loaded = set(ended.stdout.split())
    assert {"bot.cli", "slack_bolt"} <= loaded
    assert not {"anthropic", "openai", "google.genai", "google.generativeai", "asyncpg", "rich"} & loaded


def test_it_reads_the_environment_in_the_commands_only() -> None:
    readers = [
        module
        for module in modules()
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv")
    ]

    assert set(readers) == {"bot.cli.environment"}


def test_it_writes_sql_in_the_store_and_in_the_steps_of_its_schema_only() -> None:
    query = re.compile(r"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH) \w")
    writers = {
        module
        for module in modules()
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and query.match(node.value)
    }

    assert {top(writer.removeprefix("bot.")) for writer in writers if not writer.endswith("_tables")} == {"store"}


def test_it_posts_from_one_place() -> None:
    """Nothing but `handlers.posts` calls what Slack takes one of a second."""
    callers = [
        module
        for module in modules()
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Attribute) and node.attr == "chat_postMessage"
    ]

    assert callers == ["handlers.posts"]


def test_it_opens_every_file_with_a_sentence() -> None:
    paths = [*modules().values(), *(ROOT / "tests").glob("*.py")]
    silent = [str(path.relative_to(ROOT)) for path in paths if not opens_with_a_sentence(path)]

    assert not silent


def opens_with_a_sentence(path: Path) -> bool:
    words = ast.get_docstring(ast.parse(path.read_text())) or ""
    first = words.partition("\n\n")[0]
    return bool(re.match(r"[A-Z`*]", first)) and first.endswith((".", ":"))


def test_it_keeps_files_short() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in modules().values()}

    assert not {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE}


def test_it_keeps_functions_short() -> None:
    lengths = {f"{module}.{found.name}": lines(found) for module in modules() for found in functions(module)}

    assert {name for name, length in lengths.items() if length > LONGEST_FUNCTION} == set(LONG)


def lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function's body, without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return int(body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_it_names_files_and_classes_for_what_they_are() -> None:
    vague = re.compile(r"(^|_)(utils?|helpers?|common|misc|managers?|service)$", re.IGNORECASE)
    classes = {
        f"{module}.{node.name}": re.sub(r"(?<!^)(?=[A-Z])", "_", node.name)
        for module in modules()
        for node in ast.walk(tree(module))
        if isinstance(node, ast.ClassDef)
    }
    files = {module: module.rpartition(".")[2] for module in modules()}

    assert not [name for name, word in (files | classes).items() if vague.search(word)]
