"""What JMeter writes, always in English, that tells one kind of sample from another."""

from __future__ import annotations

from typing import Final

TRANSACTION: Final = "Number of samples in transaction : "
"""A transaction controller's own sample: the sum of its children (TransactionController)."""
TIMED_OUT: Final = r"SocketTimeoutException|ConnectTimeoutException|(?i:read timed out|connect timed out)"
NOT_HTTP: Final = "Non HTTP response code: "
NETWORK: Final = (
    r"Non HTTP response code: (?:java\.net\.|java\.io\.|java\.nio\.|javax\.net\.|java\.security\.|sun\.security\.|"
    r"org\.apache\.http|org\.apache\.hc|org\.eclipse\.jetty|\s|$)"
)
"""The shop, or the way to it, failed."""
SCRIPT: Final = (
    r"ScriptException|groovy\.|org\.codehaus\.groovy|MissingPropertyException|MissingMethodException|EcmaError|"
    r"EvaluatorException|bsh\.EvalError|BeanShell|BSFException|TypeError: |ReferenceError: |SyntaxError: "
)
"""The test plan itself broke. An exception that a shop's server may name in its own answer is not among them."""
BROKEN_ASSERTION: Final = r"^(?:[a-z]\w*\.)+\w*(?:Exception|Error)\b"
"""An assertion's script broke, and did not find that the answer was wrong."""
