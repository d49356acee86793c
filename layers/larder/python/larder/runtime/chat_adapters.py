"""The adapters behind the ports of the file manager."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

from larder.runtime.batch_adapters import BatchAdapters

if TYPE_CHECKING:
    from larder.services.chat.ports import ActionLog, ChatModel, DocumentText, Readings


@dataclass(frozen=True)
class ChatAdapters(BatchAdapters):
    """The ports of the file manager on AWS."""

    @cached_property
    def actions(self) -> ActionLog:
        """The file manager's log of actions."""
        from larder.adapters.dynamodb.actions import DynamoActionLog

        return DynamoActionLog(self._dynamodb, self.settings.store_table)

    @cached_property
    def readings(self) -> Readings:
        """Which keys have had text read."""
        from larder.adapters.dynamodb.actions import DynamoReadings

        return DynamoReadings(self._dynamodb, self.settings.store_table)

    @cached_property
    def documents(self) -> DocumentText:
        """The text of documents."""
        from larder.adapters.documents import FileTexts

        return FileTexts()

    @cached_property
    def chat_model(self) -> ChatModel:
        """The models that chat."""
        from larder.adapters.models.openai_chat import UpstreamChat
        from larder.services.chat.tools import for_models

        tools = for_models()
        at_upstreams = UpstreamChat(
            self.upstreams, self._http_calls, self.limits, self.clock, tools
        )
        if not self.settings.chat_bedrock_models:
            return at_upstreams
        from larder.adapters.aws import bedrock_client
        from larder.adapters.models.bedrock_chat import BedrockChat

        client = partial(bedrock_client, self._session)
        return BedrockChat(self.settings.chat_bedrock_models, client, tools, at_upstreams)
