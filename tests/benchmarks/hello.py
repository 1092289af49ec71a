"""The bare program that every command is measured against: what `import typer` itself costs."""

import typer

app = typer.Typer()


@app.command()
def hello(name: str = "you") -> None:
    """Say hello."""
    print(f"hello {name}")


app()
