"""The demonstration: real lists as small files that a person can read and mend, loaded through the pipeline.

``lists/<slug>/list.yaml`` describes a list and its snapshots, ``lists/<slug>/<day>.csv`` is what each snapshot says,
``statements.yaml`` is who said what about them, and ``vendors/`` adds to the starting register. What is captured,
reported or inferred, and from where, is told in ``docs/demonstration.md``.
"""
