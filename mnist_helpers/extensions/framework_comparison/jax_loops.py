"""JAX's loop in three ways: no program, one per step, one per epoch. All take the same steps."""

import jax
import jax.numpy as jnp
import optax

from mnist_helpers.extensions.framework_comparison.jax_recipe import build, load, logits  # noqa: F401


def mean_loss(params, images, labels):
    *hidden, (kernel, bias) = params
    for hidden_kernel, hidden_bias in hidden:
        images = jax.nn.relu(images @ hidden_kernel + hidden_bias)
    scores = images @ kernel + bias
    return optax.softmax_cross_entropy_with_integer_labels(scores, labels).mean()


def fit(model, task):
    optimizer = optax.adam(task.learning_rate)

    def step(carry, batch):
        params, state = carry
        gradients = jax.grad(mean_loss)(params, *batch)
        updates, state = optimizer.update(gradients, state)
        return (optax.apply_updates(params, updates), state), None

    def epoch(carry, batches):
        return jax.lax.scan(step, carry, batches)[0]  # a loop inside the program

    compiled_step, compiled_epoch = jax.jit(step), jax.jit(epoch)
    carry = model.params, optimizer.init(model.params)
    for number in range(task.num_epochs):
        batches = tuple(map(jnp.asarray, task.batches(number)))  # (steps, 32, 784) and (steps, 32)
        if task.loop == "compiled epoch":
            carry = compiled_epoch(carry, batches)
        else:
            take = step if task.loop == "eager step" else compiled_step
            for batch in zip(*batches, strict=True):
                carry, _ = take(carry, batch)
        model.params = jax.block_until_ready(carry[0])
        yield task.measured(lambda images: logits(model, images))
