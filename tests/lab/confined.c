/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * confined: tries, one by one, what a quaywalld that was taken over could try, and says what came of it. It is run in quaywalld's
 * sandbox, or under its AppArmor profile.
 *
 *     confined [ATTEMPT[=ARGUMENT]...]      (none: lists the attempts)
 *
 * Prints a line "ATTEMPT[=ARGUMENT]: ok" or "...: ERRNO" for each. No attempt changes anything if it succeeds, but for the files
 * that "write" and "make" name and the signal of "kill".
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Each returns -1 and sets errno, or 0. Where a call is allowed, its arguments make it harmless; EBADF, EFAULT or EINVAL then
 * come from the call itself. */
static int opened(int fd) {
        return fd < 0 ? -1 : close(fd);
}

static int try_read(const char *path) {
        char buffer[1];
        const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        const ssize_t n = fd < 0 ? -1 : read(fd, buffer, sizeof buffer);
        const int saved = errno;
        if (fd >= 0)
                close(fd);
        errno = saved;
        return n < 0 ? -1 : 0;
}
static int try_list(const char *path) {
        return opened(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}
static int try_write(const char *path) {
        return opened(open(path, O_WRONLY | O_APPEND | O_CLOEXEC));
}
static int try_make(const char *path) {
        return opened(open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) < 0 ? -1 : unlink(path);
}
static int try_exec(const char *path) {
        char *const arguments[] = { (char *) path, NULL }, *const environment[] = { NULL };
        return execve(path, arguments, environment);
}
static int try_connect(const char *path) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        (void) snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
        if (fd < 0 || connect(fd, (const struct sockaddr *) &address, sizeof address) < 0)
                return -1;
        return close(fd);
}
static int try_kill(const char *pid) {
        return kill((pid_t) atoi(pid), SIGCONT);
}
static int try_exists(const char *pid) {
        return kill((pid_t) atoi(pid), 0);
}
static int try_trace(const char *pid) {
        return (int) ptrace(PTRACE_SEIZE, (pid_t) atoi(pid), NULL, NULL);
}

static int try_fork(void) {
        const pid_t pid = fork();
        if (pid == 0)
                _exit(0);
        return pid < 0 ? -1 : waitpid(pid, NULL, 0) < 0 ? -1 : 0;
}
static int try_listen(void) {
        const struct sockaddr_un address = { .sun_family = AF_UNIX };
        const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        return fd < 0 || bind(fd, (const struct sockaddr *) &address, sizeof(sa_family_t)) < 0 ? -1 : listen(fd, 1);
}
static int try_inet(void) {
        return opened(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}
static int try_inet6(void) {
        return opened(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
}
static int try_packet(void) {
        return opened(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
}
static int try_netfilter(void) {
        return opened(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
}
static int try_mknod(void) {
        return mknod("/tmp/confined", S_IFCHR | 0600, 0x0103);
}
static int try_mount(void) {
        return mount("none", "/tmp", "tmpfs", 0, NULL);
}
static int try_umount(void) {
        return umount("/tmp");
}
static int try_chroot(void) {
        return chroot("/tmp");
}
static int try_unshare(void) {
        return unshare(CLONE_NEWNS);
}
static int try_userns(void) {
        return unshare(CLONE_NEWUSER);
}
static int try_setns(void) {
        return setns(-1, 0);
}
static int try_setuid(void) {
        return setuid(65534);
}
static int try_chown(void) {
        return chown("/tmp", 0, 0);
}
static int try_suid(void) {
        return chmod("/tmp", 04755);
}
static int try_priority(void) {
        return setpriority(PRIO_PROCESS, 0, -20);
}
static int try_realtime(void) {
        const struct sched_param param = { .sched_priority = 1 };
        return sched_setscheduler(0, SCHED_FIFO, &param);
}
static int try_personality(void) {
        return personality(ADDR_NO_RANDOMIZE) < 0 ? -1 : 0;
}
static int try_write_and_execute(void) {
        return mmap(NULL, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
}
static int try_make_executable(void) {
        void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        return page == MAP_FAILED ? -1 : mprotect(page, 4096, PROT_READ | PROT_EXEC);
}
static int try_clock(void) {
        return (int) syscall(SYS_clock_settime, CLOCK_REALTIME, NULL);
}
static int try_hostname(void) {
        return sethostname("", 0);
}
static int try_reboot(void) {
        return reboot(0);
}
static int try_swap(void) {
        return swapoff("/tmp");
}
static int try_module(void) {
        return (int) syscall(SYS_finit_module, -1, "", 0);
}
static int try_kexec(void) {
        return (int) syscall(SYS_kexec_load, 0, 0, NULL, 0xffff);
}
static int try_bpf(void) {
        return (int) syscall(SYS_bpf, -1, NULL, 0);
}
static int try_perf(void) {
        return (int) syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0);
}
static int try_keyring(void) {
        return (int) syscall(SYS_keyctl, 0, -3, 0);
}
static int try_io_uring(void) {
        return opened((int) syscall(SYS_io_uring_setup, 0, NULL));
}
static int try_handle(void) {
        return (int) syscall(SYS_open_by_handle_at, -1, NULL, 0);
}
static int try_memory(void) {
        return (int) syscall(SYS_process_vm_readv, getpid(), NULL, 0, NULL, 0, 0);
}
static int try_memfd(void) {
        return opened(memfd_create("confined", MFD_CLOEXEC));
}
static int try_unknown(void) {
        return (int) syscall(9999);
}

static const struct {
        const char *name;
        int (*with)(const char *argument);
        int (*alone)(void);
} ATTEMPTS[] = {
        { "read", try_read, NULL },
        { "list", try_list, NULL },
        { "write", try_write, NULL },
        { "make", try_make, NULL },
        { "exec", try_exec, NULL },
        { "connect", try_connect, NULL },
        { "kill", try_kill, NULL },
        { "exists", try_exists, NULL },
        { "trace", try_trace, NULL },
        { "fork", NULL, try_fork },
        { "listen", NULL, try_listen },
        { "inet", NULL, try_inet },
        { "inet6", NULL, try_inet6 },
        { "packet", NULL, try_packet },
        { "netfilter", NULL, try_netfilter },
        { "mknod", NULL, try_mknod },
        { "mount", NULL, try_mount },
        { "umount", NULL, try_umount },
        { "chroot", NULL, try_chroot },
        { "unshare", NULL, try_unshare },
        { "userns", NULL, try_userns },
        { "setns", NULL, try_setns },
        { "setuid", NULL, try_setuid },
        { "chown", NULL, try_chown },
        { "suid", NULL, try_suid },
        { "priority", NULL, try_priority },
        { "realtime", NULL, try_realtime },
        { "personality", NULL, try_personality },
        { "write-and-execute", NULL, try_write_and_execute },
        { "make-executable", NULL, try_make_executable },
        { "clock", NULL, try_clock },
        { "hostname", NULL, try_hostname },
        { "reboot", NULL, try_reboot },
        { "swap", NULL, try_swap },
        { "module", NULL, try_module },
        { "kexec", NULL, try_kexec },
        { "bpf", NULL, try_bpf },
        { "perf", NULL, try_perf },
        { "keyring", NULL, try_keyring },
        { "io_uring", NULL, try_io_uring },
        { "handle", NULL, try_handle },
        { "memory", NULL, try_memory },
        { "memfd", NULL, try_memfd },
        { "unknown", NULL, try_unknown },
};
#define N_ATTEMPTS (sizeof ATTEMPTS / sizeof ATTEMPTS[0])

static int attempt(const char *word) {
        const size_t length = strcspn(word, "=");
        for (size_t i = 0; i < N_ATTEMPTS; i++) {
                if (strlen(ATTEMPTS[i].name) != length || strncmp(ATTEMPTS[i].name, word, length) != 0 ||
                    !ATTEMPTS[i].with != !word[length])
                        continue;
                const int r = ATTEMPTS[i].with ? ATTEMPTS[i].with(word + length + 1) : ATTEMPTS[i].alone();
                const char *name = r < 0 ? strerrorname_np(errno) : "ok";
                printf("%s: %s\n", word, name ? name : "?");
                return fflush(stdout);
        }
        fprintf(stderr, "confined: %s?\n", word);
        return -1;
}

int main(int argc, char **argv) {
        if (argc < 2)
                for (size_t i = 0; i < N_ATTEMPTS; i++)
                        printf("%s%s\n", ATTEMPTS[i].name, ATTEMPTS[i].with ? "=" : "");
        for (int i = 1; i < argc; i++)
                if (attempt(argv[i]) != 0)
                        return 2;
        return 0;
}
