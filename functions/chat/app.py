"""POST /v1/chat: let a model work with the file manager's tools, or carry out a plan."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import content_types
from aws_lambda_powertools.event_handler.api_gateway import Response

from larder.api.chat.models import ChatRequest, ChatResponse
from larder.api.chat.replies import answered, model_failed, teller
from larder.api.chat.requests import check_workspace, session_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.runtime.composition import Composition
from larder.services.chat.converse import Converse, ModelFailedAfterwardsError

app = resolver()
ports = Composition.from_environment()
converse, carry_out, cursor_key = ports.make(Converse), ports.carry_out, ports.cursor_key


@app.post(
    "/v1/chat",
    summary="Chat with the file manager",
    operation_id="chat",
    responses={
        HTTPStatus.OK: {
            "description": "What the model answered, and what was done",
            "content": {
                content_types.APPLICATION_JSON: {"model": ChatResponse},
                "text/event-stream": {
                    "schema": {
                        "type": "string",
                        "description": "`ai_chunk`: text. `action`, `file_search_results`: what "
                        "was done. Last `ai_complete`, the whole response, or `error`.",
                    }
                },
            },
        },
        HTTPStatus.BAD_GATEWAY: {"description": "The model failed; `actions` has what was done"},
    },
)
def chat(request: ChatRequest) -> Response[Any]:
    """Answer by a model that works with the project's files.

    With `confirm`, carry out a plan instead. With `stream`, answer as server-sent events:
    `ai_chunk`, `action`, `file_search_results` and, last, `ai_complete` with the whole response.
    """
    session = session_of(app.current_event, any_id=False)
    check_workspace(request.workspace_id, session)
    events = teller(app) if request.stream else None
    if request.confirm is not None:
        carried = carry_out.plan(
            session, request.confirm, tell=None if events is None else events.carried
        )
        response = ChatResponse.confirmed(carried)
        return answered(response, stream=request.stream, teller=events)
    try:
        asked = request.asked(ports.settings.chat_model)
        found = converse(session, asked, tell=None if events is None else events.told)
    except ModelFailedAfterwardsError as error:
        return model_failed(error)
    response = ChatResponse.of(found, session, now=ports.clock(), key=cursor_key)
    return answered(response, stream=request.stream, teller=events)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate, idempotency=ports.idempotency)
