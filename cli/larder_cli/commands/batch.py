"""`larder batch …`: files of requests that become files of answers."""

import typer

from larder_cli.commands import batch_list, batch_results, batch_run, batch_start

app = typer.Typer(
    help="""Run batches: files of requests that become files of answers.

    'larder batch run' does all at once. The other commands do it step by step.
    """,
    no_args_is_help=True,
)

app.command()(batch_run.run)
app.command()(batch_start.create)
app.command("list")(batch_list.list_batches)
app.command()(batch_list.show)
app.command()(batch_list.cancel)
app.command()(batch_start.retry)
app.command()(batch_results.results)
app.command()(batch_list.upstreams)
