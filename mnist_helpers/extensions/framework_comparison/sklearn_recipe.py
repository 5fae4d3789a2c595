"""scikit-learn's MLPClassifier. It chooses its initial weights itself; every `partial_fit` is one epoch."""

from sklearn.neural_network import MLPClassifier

from mnist_helpers.extensions.framework_comparison.task import loss_and_accuracy


def build(task):
    return MLPClassifier(
        hidden_layer_sizes=(128, 64), alpha=0, batch_size=task.batch_size,
        learning_rate_init=task.learning_rate, random_state=task.seed,
    )  # fmt: skip


def load(model, weights):
    """Give a fitted model other weights; before the first `partial_fit` there is nothing to replace."""
    model.coefs_, model.intercepts_ = map(list, zip(*weights, strict=True))


def fit(model, task):
    for _ in range(task.num_epochs):
        model.partial_fit(*task.train, classes=range(10))
        yield (*measure(model, task.train), *measure(model, task.val))


def measure(model, part):
    images, labels = part
    return loss_and_accuracy(logits(model, images), labels)


def logits(model, images):
    return model.predict_log_proba(images)  # logits, but for a number that is the same in all of a row
