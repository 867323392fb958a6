"""The configuration files of a test bed: slurm.conf, slurmdbd.conf and those of sshd and its
clients.
"""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """How the cluster is made. Its times are short, so that faults show soon."""

    nodes: int = 3
    cpus: int = 4  #: of each node; need not match the hardware
    memory: int = 4000  #: MB of each node; need not exist
    #: a real slurmdbd with a database behind sacct; without it sacct says that it is disabled
    accounting: bool = False
    node_timeout: int = 5  #: seconds until a silent node is down (usual: 300)
    message_timeout: int = 3  #: seconds a message may take (usual: 10); also how long squeue hangs
    min_job_age: int = 300  #: seconds for which a finished job stays in squeue and scontrol
    kill_wait: int = 2  #: seconds between SIGTERM and SIGKILL (usual: 30)
    max_array: int = 1001  #: SLURM's own default; the highest index is one less
    max_sessions: int = 10  #: of one SSH connection; sshd's own default
    sshd: bool = True
    #: enforced by the kernel, for OUT_OF_MEMORY; for root with control groups of version 1 alone
    memory_limits: bool = False
    #: of the nodes' names; the kernel's groups for memory are named after them, for all beds of a
    #: machine
    prefix: str = "n"
    #: of each node; their files are no devices, so nothing is constrained, but scheduling and
    #: variables are SLURM's own
    gpus: int = 0
    #: each node has this machine's CPUs, and ranks are really bound, which those of another number
    #: cannot be
    real_cpus: bool = False
    #: each node has its name as host name, which mpirun over several nodes needs; for root alone
    hostnames: bool = False
    mpi: str = "none"  #: what srun does for MPI by itself: pmix for OpenMPI, pmi2 for MPICH
    more: str = ""  #: appended to slurm.conf


@dataclass(frozen=True)
class Places:
    """Where a bed has its files, sockets and ports."""

    root: str
    short: str  #: a directory with a short path, for Unix sockets
    user: str
    host: str
    controller_port: int
    database_port: int
    accounting_port: int
    ssh_port: int
    node_ports: dict[str, int]

    @property
    def munge(self) -> str:
        return f"{self.short}/munge.s"

    @property
    def slurm_conf(self) -> str:
        return f"{self.root}/etc/slurm.conf"


def slurm_conf(places: Places, options: Options) -> str:
    """Give slurm.conf. Several slurmd run on one host, with a name and a port each; fake sizes need
    `config_overrides`.

    Without `DefMemPerCPU` a job takes all memory of its node. The waits of the scheduler are
    several seconds by default. `cred_expire` is also how long a requeued job waits. `NoInAddrAny`
    binds the daemons to 127.0.0.1. PMIx makes a directory named by user, job and step in TmpFS, so
    nodes that share a machine need one each.
    """
    p, o = places, options
    processors = os.cpu_count() or 1
    cpus = (
        f"CPUs={processors} Sockets=1 CoresPerSocket={processors} ThreadsPerCore=1"
        if o.real_cpus
        else f"CPUs={o.cpus}"
    )
    gpus = f" Gres=gpu:{o.gpus}" if o.gpus else ""
    nodes = "\n".join(
        f"NodeName={name} NodeAddr=127.0.0.1 NodeHostName={p.host} Port={port} {cpus}"
        f" RealMemory={o.memory}{gpus} State=UNKNOWN"
        for name, port in p.node_ports.items()
    )
    plugin = "cgroup" if o.memory_limits else "affinity" if o.real_cpus else "none"
    accounting = "AccountingStorageType=accounting_storage/none"
    if o.accounting:
        accounting = (
            "AccountingStorageType=accounting_storage/slurmdbd\nAccountingStorageHost=127.0.0.1\n"
            # despite its name the socket
            f"AccountingStoragePort={p.accounting_port}\nAccountingStoragePass={p.munge}"
        )
    return f"""\
ClusterName=bed
SlurmctldHost={p.host}(127.0.0.1)
SlurmctldPort={p.controller_port}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser={p.user}
SlurmdUser={p.user}
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={p.munge},cred_expire=5
StateSaveLocation={p.root}/controller
SlurmdSpoolDir={p.short}/nodes/%n
SlurmctldPidFile={p.root}/run/slurmctld.pid
SlurmdPidFile={p.short}/nodes/%n.pid
SlurmctldLogFile={p.root}/log/slurmctld.log
SlurmdLogFile={p.root}/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/{plugin}
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
{"" if o.memory_limits else "JobAcctGatherParams=OverMemoryKill"}
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
DefMemPerCPU=100
SlurmdParameters=config_overrides
MailProg=/bin/true
MpiDefault={o.mpi}
TmpFS={p.short}/tmp/%n
SwitchType=switch/none
ReturnToService=2
SlurmdTimeout={o.node_timeout}
MessageTimeout={o.message_timeout}
SlurmctldTimeout=30
KillWait={o.kill_wait}
MinJobAge={o.min_job_age}
MaxArraySize={o.max_array}
MaxJobCount=20000
InactiveLimit=0
PropagateResourceLimits=NONE
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
PriorityType=priority/basic
JobCompType=jobcomp/none
{accounting}
{"GresTypes=gpu" if o.gpus else ""}
{nodes}
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE DefaultTime=60 State=UP
PartitionName=short Nodes=ALL MaxTime=1 State=UP
PartitionName=tiny Nodes={o.prefix}1 MaxTime=INFINITE MaxNodes=1 State=UP
{o.more}
"""


CGROUP_CONF = "CgroupPlugin=cgroup/v1\nCgroupMountpoint=/sys/fs/cgroup\nConstrainRAMSpace=yes\nConstrainSwapSpace=no\n"


def gres_conf(places: Places, options: Options) -> str:
    """Give gres.conf: the files of the GPUs of each node, see `gpu_files`."""
    last = options.gpus - 1
    return "".join(
        f"NodeName={name} Name=gpu File={places.root}/gpu/{name}-[0-{last}]\n"
        for name in places.node_ports
    )


def gpu_files(places: Places, options: Options) -> list[str]:
    """Name the files of all GPUs."""
    return [
        f"{places.root}/gpu/{name}-{number}"
        for name in places.node_ports
        for number in range(options.gpus)
    ]


def slurmdbd_conf(places: Places) -> str:
    p = places
    return f"""\
AuthType=auth/munge
AuthInfo=socket={p.munge},cred_expire=5
DbdHost={p.host}
DbdAddr=127.0.0.1
DbdPort={p.accounting_port}
SlurmUser={p.user}
LogFile={p.root}/log/slurmdbd.log
PidFile={p.root}/run/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={p.database_port}
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm_acct_db
CommitDelay=0
"""


def sshd_config(places: Places, options: Options, mark: str) -> str:
    """Give sshd_config. Remote commands read no profile, so `SetEnv` is how they find the bed.

    A bed lies below a world-writable directory, which `StrictModes` would refuse.
    """
    p = places
    return f"""\
Port {p.ssh_port}
ListenAddress 127.0.0.1
HostKey {p.root}/ssh/host_ed25519
PidFile {p.root}/run/sshd.pid
AuthorizedKeysFile {p.root}/ssh/authorized_keys
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
SetEnv SLURM_CONF={p.slurm_conf} BED_MARK={mark}
Subsystem sftp internal-sftp
MaxSessions {options.max_sessions}
MaxStartups 200
UseDNS no
PrintMotd no
PrintLastLog no
"""


def ssh_config(places: Places) -> str:
    """Give a client's configuration in which the host is called ``bed``."""
    p = places
    return f"""\
Host bed 127.0.0.1
  HostName 127.0.0.1
  Port {p.ssh_port}
  User {p.user}
  IdentityFile {p.root}/ssh/id_ed25519
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile {p.root}/ssh/known_hosts
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  BatchMode yes
  LogLevel ERROR
"""
