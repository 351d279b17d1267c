"""Writes what shells complete (deploy/share) from the program: bash, zsh and fish. In: the commands. Out: one script each.

The scripts hold all words themselves: nothing of the program runs at a Tab, which would take a second.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence

from mailgate.cli import COMMANDS
from tools.command_tree import Command, Option, tree, walk

HEAD = "# Written by `make docs` from the program.\n"


def scripts() -> Mapping[str, str]:
    """Text by path in deploy/share."""
    commands = tree()
    return {
        "bash-completion/completions/mailgate": bash(commands),
        "zsh/site-functions/_mailgate": zsh(commands),
        "fish/vendor_completions.d/mailgate.fish": fish(commands),
    }


def bash(commands: Sequence[Command]) -> str:
    """Words come from one table: the command so far -> what may follow; an option with words -> these."""
    table, options = ("\n".join(f"    [{key}]={words}" for key, words in rows) for rows in (_words(commands), _values(commands)))
    return BASH.format(head=HEAD, first=_top(), table=table, options=options)


def zsh(commands: Sequence[Command]) -> str:
    """The same tables as zsh writes them."""
    table, options = ("\n".join(f"    {key} {words}" for key, words in rows) for rows in (_words(commands), _values(commands)))
    return ZSH.format(head=HEAD, first=_top(), table=table, options=options)


def _top() -> str:
    return " ".join([*COMMANDS, "--help", "--version"])


def _words(commands: Sequence[Command]) -> Iterator[tuple[str, str]]:
    """The words of each command, and what may follow them."""
    for one in walk(commands):
        yield _quoted(" ".join(one.path)), _quoted(_next(one))


def _values(commands: Sequence[Command]) -> Iterator[tuple[str, str]]:
    """The words of each command with an option that takes a value, and the values; "" for a file or a free text."""
    for one in walk(commands):
        for option in one.options:
            if option.value:
                yield from ((_quoted(" ".join((*one.path, name))), _quoted(" ".join(option.choices))) for name in option.names)


def fish(commands: Sequence[Command]) -> str:
    """One line for each word, with its description."""
    return HEAD + FISH_FUNCTION + "".join(f"complete -c mailgate {line}\n" for line in _fish(commands))


def _fish(commands: Sequence[Command]) -> Iterator[str]:
    yield "-f"
    for one in commands:
        does = COMMANDS[one.path[0]]
        yield f"-n '__mailgate_at 1' -a {one.path[0]} -d {_quoted(does)}"
    for one in walk(commands):
        here = f"__mailgate_in {' '.join(one.path)}"
        for verb in one.verbs:
            yield f"-n {_quoted(f'__mailgate_at {len(one.path) + 1}; and {here}')} -a {verb.path[-1]} -d {_quoted(_first(verb))}"
        for option in one.options:
            yield f"-n {_quoted(here)} {_fish_option(option)}"
        if any(argument.files for argument in one.arguments):
            yield f"-n {_quoted(here)} -F"


def _fish_option(option: Option) -> str:
    names = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names)
    takes = f" -x -a {_quoted(' '.join(option.choices))}" if option.choices else " -r -F" if option.value else ""
    return f"{names}{takes} -d {_quoted(option.text.partition('. ')[0])}"


def _next(one: Command) -> str:
    """What may follow the words of a command: verbs, words of its arguments, options."""
    words = [choice for argument in one.arguments for choice in argument.choices]
    return " ".join([*(verb.path[-1] for verb in one.verbs), *words, *(name for option in one.options for name in option.names)])


def _first(one: Command) -> str:
    return one.text.partition(". ")[0].partition("\n")[0]


def _quoted(text: str) -> str:
    return shlex.quote(text)


BASH = """{head}
declare -gA _mailgate_words=(
{table}
)
declare -gA _mailgate_values=(
{options}
)

_mailgate() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}} path="" word at words
    for (( at = 1; at < COMP_CWORD; at++ )); do
        word=${{path:+$path }}${{COMP_WORDS[at]}}
        [[ -n ${{_mailgate_words[$word]+known}} ]] || break
        path=$word
    done
    words=${{_mailgate_words[${{path:-none}}]-{first}}}
    if [[ -n ${{_mailgate_values["$path $previous"]+known}} ]]; then words=${{_mailgate_values["$path $previous"]}}; fi
    COMPREPLY=( $(compgen -W "$words" -- "$current") )
    (( ${{#COMPREPLY[@]}} )) || COMPREPLY=( $(compgen -f -- "$current") )
}}
complete -o filenames -F _mailgate mailgate
"""

ZSH = """#compdef mailgate
{head}
local -A table options
table=(
{table}
)
options=(
{options}
)
local so_far="" word offered=({first})
for word in ${{words[2,CURRENT - 1]}}; do
    word=${{so_far:+$so_far }}$word
    (( ${{+table[$word]}} )) || break
    so_far=$word
    offered=(${{=table[$so_far]}})
done
local option="$so_far ${{words[CURRENT - 1]}}"
(( ${{+options[$option]}} )) && offered=(${{=options[$option]}})
compadd -- $offered || _files
"""

FISH_FUNCTION = """
function __mailgate_at -d 'whether the word to complete is this one'
    test (count (commandline -opc)) -eq $argv[1]
end

function __mailgate_in -d 'whether these words have been typed'
    set -l typed (commandline -opc)
    for at in (seq (count $argv))
        set -l next (math $at + 1)
        test "$typed[$next]" = "$argv[$at]"; or return 1
    end
end

"""
