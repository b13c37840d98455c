"""A line of JSON in, a line of JSON out, until the input ends. Import this first: from then on, whatever other libraries print
goes to standard error and not between the answers."""
import json
import os
import sys

_answers = os.fdopen(os.dup(1), 'w')
os.dup2(2, 1)


def serve(answer):
    """answer(question): the result of one question, or its error."""
    for line in sys.stdin:
        question = json.loads(line)
        print(json.dumps(dict(id=question['id'], **answer(question))), file=_answers, flush=True)


def failure(reason, message):
    return dict(error=dict(reason=reason, message=' '.join(str(message).split())[:300]))
