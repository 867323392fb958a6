"""Tasks in processes of this machine: `executor` (options), `pool` (who runs what), `warden`
(starts and kills), `worker` (runs).
"""
