"""TensorFlow's loop in three ways: no program, one per step, one per epoch. All take the same steps."""

import keras
import tensorflow as tf

from mnist_helpers.extensions.framework_comparison.keras_recipe import build, load, logits  # noqa: F401


def fit(model, task):
    optimizer = keras.optimizers.Adam(task.learning_rate, epsilon=1e-8)
    weights = model.trainable_variables
    optimizer.build(weights)

    def step(images, labels):
        with tf.GradientTape() as tape:
            scores = model(images)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, scores)
            loss = tf.reduce_mean(losses)
        optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))

    def epoch(images, labels):
        for place in tf.range(len(labels)):  # tf.function makes a loop inside the program of it
            step(images[place], labels[place])

    compiled_step, compiled_epoch = tf.function(step), tf.function(epoch)
    for number in range(task.num_epochs):
        images, labels = map(tf.constant, task.batches(number))  # (steps, 32, 784) and (steps, 32)
        if task.loop == "compiled epoch":
            compiled_epoch(images, labels)
        else:
            take = step if task.loop == "eager step" else compiled_step
            for batch in zip(images, labels, strict=True):
                take(*batch)
        yield task.measured(lambda images: model(images).numpy())
