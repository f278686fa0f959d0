"""Every error vigilbot raises on purpose.

VigilError
├── ConfigError            a setting is unknown, malformed or contradictory; names the setting and the fix
├── StorageError           the data folder or database cannot be used
│   ├── DataFolderLocked   another vigilbot process already works in this data folder
│   └── DatabaseDamaged    the database file is not a readable SQLite database
├── IngestError            a file, folder or line cannot become knowledge
├── EmbeddingError         the embedding model cannot be loaded or does not answer
├── KnowledgeError         the index cannot be searched or rebuilt
├── EntryConflict          what is asked of an entry does not fit it: nothing to revert, not pending, another audience
├── ReasonerError          a thinking task produced nothing usable
│   ├── ModelUnavailable   the endpoint failed or timed out after every retry
│   ├── ModelRejected      the endpoint refused for good: wrong key, unknown model, content filter
│   └── OutputUnreadable   the model's output does not fit the schema, even read tolerantly
├── PromptError            a prompt file is missing, malformed or lacks a variable
├── ChatError              a chat platform refused or failed
│   ├── ChatRateLimited    it asked to wait; carries the seconds
│   ├── ChatRefused        it answered no; asking again without a change will not help
│   └── ChatUnsure         it was asked and has not answered: what was to be done may have been done
├── FetchError             a page cannot be fetched
│   ├── FetchRefused       a rule of the fetch door forbids it: address, port, domain, size, kind, redirects
│   ├── FetchFailed        the network, the server or its certificate failed
│   └── FetchGone          the server says that the page no longer exists
├── DecisionRefused        what an analyst decided comes too late, or says nothing
├── ToolError              a tool gave no finding
│   ├── ToolRefused        a rule of the admin's, or the tool's own schema, forbids this call
│   └── ToolFailed         its server did not start, answer or behave
├── EvaluationError        an evaluation file has a broken line or label
├── FlywheelError          there is too little to train from or to export, or a trained model cannot be used
└── NotFound               no such session, card or entry
"""

from __future__ import annotations


class VigilError(Exception):
    """Base of every error that vigilbot raises on purpose. Its text is one clear line for a person."""


class ConfigError(VigilError):
    pass


class StorageError(VigilError):
    pass


class DataFolderLocked(StorageError):
    pass


class DatabaseDamaged(StorageError):
    pass


class IngestError(VigilError):
    pass


class EmbeddingError(VigilError):
    pass


class KnowledgeError(VigilError):
    pass


class EntryConflict(VigilError):
    pass


class ReasonerError(VigilError):
    pass


class ModelUnavailable(ReasonerError):
    pass


class ModelRejected(ReasonerError):
    pass


class OutputUnreadable(ReasonerError):
    pass


class PromptError(VigilError):
    pass


class ChatError(VigilError):
    pass


class ChatRateLimited(ChatError):
    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds to wait before the same call may succeed."""


class ChatRefused(ChatError):
    pass


class ChatUnsure(ChatError):
    pass


class FetchError(VigilError):
    pass


class FetchRefused(FetchError):
    pass


class FetchFailed(FetchError):
    pass


class FetchGone(FetchError):
    pass


class DecisionRefused(VigilError):
    pass


class ToolError(VigilError):
    pass


class ToolRefused(ToolError):
    pass


class ToolFailed(ToolError):
    pass


class EvaluationError(VigilError):
    pass


class FlywheelError(VigilError):
    pass


class NotFound(VigilError):
    pass
