"""The course's recipe on several processes, on one machine or on many.

    torchrun --nproc-per-node 2 --max-restarts 3 -m mnist_helpers.extensions.scaling_out

`training` has what every process does, `rendezvous` how they find each other, `resuming` what outlives
a killed one. `launching` starts torchrun from a notebook, `scaling_probe` measures, `scaling` predicts.
"""
