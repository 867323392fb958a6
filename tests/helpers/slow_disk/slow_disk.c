/* A file system in user space that shows a directory and can be slow, broken, or silent.

   slow_disk CONTROL BACKING MOUNTPOINT [-o FUSE options]

   What it does to calls says the file CONTROL, which is mapped into memory: see `struct control`,
   and helpers/slow_disk/__init__.py, which writes it. Takes effect at once. */
#define FUSE_USE_VERSION 31
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

struct control {
    int32_t delay;      /* microseconds for each call that takes a path */
    int32_t error;      /* errno of each call; 0: none */
    int32_t hang;       /* calls wait until this is 0 again */
    int32_t spare_reads; /* calls that only look do not fail */
    uint64_t calls;     /* calls with a path, counted here */
    char part[224];     /* error and hang concern paths that contain this alone; empty: all calls */
};

static volatile struct control *control;
static const char *backing;

static int weather(const char *path) {
    const char *part = (const char *)control->part;
    int concerns = !part[0] || (path && strstr(path, part));
    while (concerns && control->hang) usleep(10000);
    return concerns ? -control->error : 0;
}

static int weather_of_looks(const char *path) {
    int bad = weather(path);
    return control->spare_reads ? 0 : bad;
}

/* The weather of a call with a path, which stands below the backing directory in `full`. */
static int reach(const char *path, char *full) {
    __atomic_add_fetch(&control->calls, 1, __ATOMIC_RELAXED);
    if (control->delay) usleep(control->delay);
    snprintf(full, PATH_MAX, "%s%s", backing, path);
    return weather(path);
}

static int result(int returned) { return returned < 0 ? -errno : 0; }

#define REACH(path) \
    char full[PATH_MAX]; \
    int bad = reach(path, full); \
    if (bad) return bad
#define LOOK(path) \
    char full[PATH_MAX]; \
    int bad = reach(path, full); \
    if (bad && !control->spare_reads) return bad
#define REACH_TWO(from, to) \
    REACH(from); \
    char other[PATH_MAX]; \
    snprintf(other, PATH_MAX, "%s%s", backing, to)
#define DATA(path) \
    int bad = weather(path); \
    if (bad) return bad

static void *sd_init(struct fuse_conn_info *connection, struct fuse_config *config) {
    (void)connection;
    config->use_ino = 1;
    config->hard_remove = 1;
    return NULL;
}

static int sd_getattr(const char *path, struct stat *found, struct fuse_file_info *file) {
    if (file) {
        int bad = weather_of_looks(path);
        return bad ? bad : result(fstat(file->fh, found));
    }
    LOOK(path);
    return result(lstat(full, found));
}

static int sd_readdir(const char *path, void *buffer, fuse_fill_dir_t fill, off_t offset,
                      struct fuse_file_info *file, enum fuse_readdir_flags flags) {
    (void)offset, (void)file, (void)flags;
    LOOK(path);
    DIR *directory = opendir(full);
    if (!directory) return -errno;
    for (struct dirent *entry; (entry = readdir(directory));) {
        struct stat found = {.st_ino = entry->d_ino, .st_mode = entry->d_type << 12};
        if (fill(buffer, entry->d_name, &found, 0, 0)) break;
    }
    closedir(directory);
    return 0;
}

static int sd_open(const char *path, struct fuse_file_info *file) {
    LOOK(path);
    int opened = open(full, file->flags & ~O_NOFOLLOW);
    if (opened < 0) return -errno;
    file->fh = opened;
    return 0;
}

static int sd_create(const char *path, mode_t mode, struct fuse_file_info *file) {
    REACH(path);
    int opened = open(full, file->flags, mode);
    if (opened < 0) return -errno;
    file->fh = opened;
    return 0;
}

static int sd_read(const char *path, char *data, size_t size, off_t at,
                   struct fuse_file_info *file) {
    int bad = weather_of_looks(path);
    if (bad) return bad;
    ssize_t count = pread(file->fh, data, size, at);
    return count < 0 ? -errno : (int)count;
}

static int sd_write(const char *path, const char *data, size_t size, off_t at,
                    struct fuse_file_info *file) {
    DATA(path);
    ssize_t count = pwrite(file->fh, data, size, at);
    return count < 0 ? -errno : (int)count;
}

static int sd_flush(const char *path, struct fuse_file_info *file) {
    (void)file;
    return weather_of_looks(path);
}

static int sd_fsync(const char *path, int data_only, struct fuse_file_info *file) {
    (void)data_only, (void)file; /* what is tested is that it is called, not the disk below */
    return weather(path);
}

static int sd_release(const char *path, struct fuse_file_info *file) {
    (void)path;
    return result(close(file->fh));
}

static int sd_truncate(const char *path, off_t size, struct fuse_file_info *file) {
    if (file) {
        DATA(path);
        return result(ftruncate(file->fh, size));
    }
    REACH(path);
    return result(truncate(full, size));
}

static int sd_flock(const char *path, struct fuse_file_info *file, int operation) {
    DATA(path);
    return result(flock(file->fh, operation));
}

static int sd_mkdir(const char *path, mode_t mode) { REACH(path); return result(mkdir(full, mode)); }
static int sd_unlink(const char *path) { REACH(path); return result(unlink(full)); }
static int sd_rmdir(const char *path) { REACH(path); return result(rmdir(full)); }
static int sd_access(const char *path, int mode) { REACH(path); return result(access(full, mode)); }

static int sd_mknod(const char *path, mode_t mode, dev_t device) {
    REACH(path);
    return result(mknod(full, mode, device));
}

static int sd_symlink(const char *target, const char *path) {
    REACH(path);
    return result(symlink(target, full));
}

static int sd_readlink(const char *path, char *target, size_t size) {
    REACH(path);
    ssize_t length = readlink(full, target, size - 1);
    if (length < 0) return -errno;
    target[length] = 0;
    return 0;
}

static int sd_rename(const char *from, const char *to, unsigned int flags) {
    REACH_TWO(from, to);
    return result(renameat2(AT_FDCWD, full, AT_FDCWD, other, flags));
}

static int sd_link(const char *from, const char *to) {
    REACH_TWO(from, to);
    return result(link(full, other));
}

static int sd_chmod(const char *path, mode_t mode, struct fuse_file_info *file) {
    (void)file;
    REACH(path);
    return result(chmod(full, mode));
}

static int sd_chown(const char *path, uid_t user, gid_t group, struct fuse_file_info *file) {
    (void)file;
    REACH(path);
    return result(lchown(full, user, group));
}

static int sd_utimens(const char *path, const struct timespec times[2],
                      struct fuse_file_info *file) {
    (void)file;
    REACH(path);
    return result(utimensat(AT_FDCWD, full, times, AT_SYMLINK_NOFOLLOW));
}

static int sd_statfs(const char *path, struct statvfs *found) {
    REACH(path);
    return result(statvfs(full, found));
}

static const struct fuse_operations operations = {
    .init = sd_init,       .getattr = sd_getattr,   .readdir = sd_readdir, .open = sd_open,
    .create = sd_create,   .read = sd_read,         .write = sd_write,     .flush = sd_flush,
    .fsync = sd_fsync,     .release = sd_release,   .truncate = sd_truncate, .flock = sd_flock,
    .mkdir = sd_mkdir,     .unlink = sd_unlink,     .rmdir = sd_rmdir,     .access = sd_access,
    .mknod = sd_mknod,     .symlink = sd_symlink,   .readlink = sd_readlink, .rename = sd_rename,
    .link = sd_link,       .chmod = sd_chmod,       .chown = sd_chown,     .utimens = sd_utimens,
    .statfs = sd_statfs,
};

int main(int count, char **words) {
    if (count < 4) return 2;
    int file = open(words[1], O_RDWR);
    control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (file < 0 || control == MAP_FAILED) return 2;
    backing = words[2];
    words[2] = words[0];
    umask(0);
    return fuse_main(count - 2, words + 2, &operations, NULL);
}
