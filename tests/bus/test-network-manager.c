/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* src/firewalld/network-manager.c on a private bus with mock-network-manager. quaywalld is not needed: the function runs in a
 * fiber of this program.
 *
 * Environment: MOCK_NETWORK_MANAGER names the mock; by default it is looked for beside the test program. */
#include "firewalld/network-manager.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#include "bus/cleanup.h"
#include "bus/fiber.h"
#include "model/error.h"

#define NAME "org.freedesktop.NetworkManager"
#define PATH "/org/freedesktop/NetworkManager"
#define MOCK "org.quaywall.Mock.NetworkManager"

/* Every D-Bus type, empty arrays, and NetworkManager's settings for an Ethernet connection with 802.1X. The zone is where ZONE,
 * a printf() argument, stands: last, where the function puts it. */
#define SETTINGS                                                                                                            \
        "{'ipv4': {'addresses': <[[uint32 16951488, 24, 0]]>,"                                                              \
        " 'address-data': <[{'address': <'192.168.1.1'>, 'prefix': <uint32 24>}]>,"                                         \
        " 'dns': <@au []>, 'dns-search': <@as []>, 'method': <'manual'>, 'route-data': <@aa{sv} []>},"                      \
        " 'connection': {'id': <'eth0'>, 'permissions': <['user:root:']>, 'timestamp': <uint64 18446744073709551615>%s},"   \
        " '802-3-ethernet': {'mac-address': <[byte 0x52, 0x54, 0x00]>, 's390-options': <@a{ss} {}>, 'mtu': <uint32 1500>}," \
        " '802-1x': {'eap': <['peap']>, 'password-flags': <uint32 1>, 'phase2-auth': <'mschapv2'>},"                        \
        " 'ipv6': {'addresses': <[([byte 0xfd, 0x01], uint32 64, [byte 0x00])]>, 'may-fail': <true>},"                      \
        " 'types': {'n': <int16 -1>, 'q': <uint16 1>, 'i': <-1>, 'x': <int64 -1>, 'd': <1.5>, 'y': <byte 0xff>,"            \
        " 'o': <objectpath '/a'>, 'g': <signature 'a{sv}'>, 'v': <<'in a variant'>>, 'r': <('a', (true, [1, 2]))>},"        \
        " 'empty': {}}"

typedef struct {
        GSubprocess *dbus, *mock;
        GDBusConnection *control;
        sd_event *event;
        sd_bus *bus;
        char *dir, *address, *activated;
} Fixture;

static void die_with_parent(gpointer unused G_GNUC_UNUSED) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* Starts a program and waits for its first line of output. */
static GSubprocess *start(Fixture *f, const char *const *argv, char **ret_line) {
        g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE);
        g_autoptr(GDataInputStream) output = NULL;
        g_autoptr(GError) error = NULL;
        GSubprocess *process;

        if (f->address)
                g_subprocess_launcher_setenv(launcher, "DBUS_SYSTEM_BUS_ADDRESS", f->address, TRUE);
        g_subprocess_launcher_set_child_setup(launcher, die_with_parent, NULL, NULL);
        process = g_subprocess_launcher_spawnv(launcher, argv, &error);
        g_assert_no_error(error);
        output = g_data_input_stream_new(g_subprocess_get_stdout_pipe(process));
        *ret_line = g_data_input_stream_read_line(output, NULL, NULL, &error);
        g_assert_no_error(error);
        g_assert_nonnull(*ret_line);
        return process;
}

static void stop(GSubprocess *process) {
        g_subprocess_force_exit(process);
        g_subprocess_wait(process, NULL, NULL);
        g_object_unref(process);
}

static void write_file(Fixture *f, const char *name, const char *format, const char *argument) {
        g_autofree char *path = g_build_filename(f->dir, name, NULL), *text = NULL;
        g_autoptr(GError) error = NULL;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        text = g_strdup_printf(format, argument);
#pragma GCC diagnostic pop
        g_file_set_contents(path, text, -1, &error);
        g_assert_no_error(error);
}

static void start_bus(Fixture *f) {
        g_autofree char *config = g_strdup_printf("--config-file=%s/bus.conf", f->dir);
        const char *argv[] = { "dbus-daemon", "--nofork", "--print-address", config, NULL };

        /* The bus could activate NetworkManager, which would create the file "activated". */
        write_file(f, NAME ".service", "[D-BUS Service]\nName=" NAME "\nExec=/bin/sh -c \"touch %s; exit 1\"\n", f->activated);
        write_file(f, "bus.conf",
                   "<busconfig><listen>unix:tmpdir=/tmp</listen><servicedir>%s</servicedir><policy context='default'>"
                   "<allow send_destination='*' eavesdrop='true'/>"
                   "<allow eavesdrop='true'/><allow own='*'/></policy></busconfig>",
                   f->dir);
        f->dbus = start(f, argv, &f->address);
}

static void set_up(Fixture *f, gconstpointer mock) {
        const char *path = g_getenv("MOCK_NETWORK_MANAGER");
        g_autofree char *built = g_test_build_filename(G_TEST_BUILT, "mock-network-manager", NULL), *line = NULL;
        const char *argv[] = { path ? path : built, NULL };
        g_autoptr(GError) error = NULL;

        f->dir = g_dir_make_tmp("quaywall-XXXXXX", &error);
        g_assert_no_error(error);
        f->activated = g_build_filename(f->dir, "activated", NULL);
        start_bus(f);
        f->control = g_dbus_connection_new_for_address_sync(
                f->address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                NULL, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpint(sd_event_new(&f->event), >=, 0);
        g_assert_cmpint(sd_bus_new(&f->bus), >=, 0);
        g_assert_cmpint(sd_bus_set_address(f->bus, f->address), >=, 0);
        g_assert_cmpint(sd_bus_set_bus_client(f->bus, 1), >=, 0);
        g_assert_cmpint(sd_bus_start(f->bus), >=, 0);
        g_assert_cmpint(sd_bus_attach_event(f->bus, f->event, 0), >=, 0);
        if (!mock)
                return;
        f->mock = start(f, argv, &line);
        g_assert_cmpstr(line, ==, "ready");
}

static void tear_down(Fixture *f, gconstpointer mock G_GNUC_UNUSED) {
        static const char *const files[] = { NAME ".service", "bus.conf", "activated" };

        sd_bus_flush_close_unref(f->bus);
        sd_event_unref(f->event);
        g_dbus_connection_close_sync(f->control, NULL, NULL);
        g_object_unref(f->control);
        if (f->mock)
                stop(f->mock);
        stop(f->dbus);
        for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
                g_autofree char *path = g_build_filename(f->dir, files[i], NULL);

                g_unlink(path);
        }
        g_rmdir(f->dir);
        g_free(f->address);
        g_free(f->activated);
        g_free(f->dir);
}

static GVariant *control(Fixture *f, const char *method, GVariant *args) {
        g_autoptr(GError) error = NULL;
        GVariant *answer = g_dbus_connection_call_sync(f->control, NAME, PATH, MOCK, method, args, NULL, 0, -1, NULL, &error);

        g_assert_no_error(error);
        return answer;
}

/* SETTINGS with a zone; "": none. */
static GVariant *settings_with(const char *zone) {
        g_autofree char *key = *zone ? g_strdup_printf(", 'zone': <'%s'>", zone) : g_strdup(""),
                        *text = g_strdup_printf(SETTINGS, key);
        g_autoptr(GError) error = NULL;
        GVariant *settings = g_variant_parse(G_VARIANT_TYPE("a{sa{sv}}"), text, NULL, NULL, &error);

        g_assert_no_error(error);
        return settings;
}

static void give(Fixture *f, const char *zone, guint32 flags) {
        g_autoptr(GVariant) settings = settings_with(zone),
                            answer = control(f, "Set", g_variant_new("(@a{sa{sv}}u)", settings, flags));
}

/* Checks that the saved connection is SETTINGS with this zone, including all types. */
static void check(Fixture *f, const char *zone) {
        g_autoptr(GVariant) expected = settings_with(zone), answer = control(f, "Get", NULL),
                            settings = g_variant_get_child_value(answer, 0);
        g_autofree char *is = g_variant_print(settings, TRUE), *should = g_variant_print(expected, TRUE);

        g_assert_cmpstr(is, ==, should);
}

static void check_calls(Fixture *f, const char *expected) {
        g_autoptr(GVariant) answer = control(f, "GetCalls", NULL);
        g_autofree const char **calls = NULL;
        g_autofree char *line = NULL;

        g_variant_get(answer, "(^a&s)", &calls);
        line = g_strjoinv(" ", (char **) calls);
        g_assert_cmpstr(line, ==, expected);
}

typedef struct {
        Fixture *fixture;
        const char *interface, *zone;
        GError *error;
        bool done, result;
} Call;

static void in_fiber(gpointer argument) {
        Call *call = argument;

        call->result = network_manager_set_zone(call->fixture->bus, call->interface, call->zone, NULL, &call->error);
        call->done = true;
}

static bool set_zone(Fixture *f, const char *interface, const char *zone, GError **error) {
        Call call = { .fixture = f, .interface = interface, .zone = zone };

        fiber_start(in_fiber, &call);
        while (!call.done)
                g_assert_cmpint(sd_event_run(f->event, UINT64_MAX), >=, 0);
        g_assert_true(call.result == !call.error);
        if (call.error)
                g_propagate_error(error, call.error);
        return call.result;
}

static void set_works(Fixture *f, const char *interface, const char *zone) {
        g_autoptr(GError) error = NULL;

        set_zone(f, interface, zone, &error);
        g_assert_no_error(error);
}

static void test_set(Fixture *f, gconstpointer unused G_GNUC_UNUSED) {
        give(f, "", 0);
        set_works(f, "eth0", "docker");
        check(f, "docker");
        set_works(f, "eth0", "trusted");
        check(f, "trusted");
        set_works(f, "eth0", "");
        check(f, "");
}

static void test_unchanged(Fixture *f, gconstpointer unused G_GNUC_UNUSED) {
        give(f, "docker", 0);
        set_works(f, "eth0", "docker");
        check_calls(f, "GetDeviceByIpIface GetSettings");
        give(f, "", 0);
        set_works(f, "eth0", "");
        check_calls(f, "GetDeviceByIpIface GetSettings GetDeviceByIpIface GetSettings");
}

static void test_unmanaged(Fixture *f, gconstpointer unused G_GNUC_UNUSED) {
        give(f, "", 0);
        set_works(f, "eth1", "docker");
        set_works(f, "no-such0", "docker");
        check_calls(f, "GetDeviceByIpIface GetDeviceByIpIface");
}

static void test_found(Fixture *f, gconstpointer unused G_GNUC_UNUSED) {
        for (guint32 flag = 0x1; flag <= 0x8; flag <<= 1) {
                give(f, "", flag);
                set_works(f, "eth0", "docker");
                check(f, "");
        }
        check_calls(f, "GetDeviceByIpIface GetDeviceByIpIface GetDeviceByIpIface GetDeviceByIpIface");
}

static void test_away(Fixture *f, gconstpointer unused G_GNUC_UNUSED) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) answer = NULL;

        set_works(f, "eth0", "docker");
        g_assert_false(g_file_test(f->activated, G_FILE_TEST_EXISTS));
        /* A call that does activate it is detected. */
        answer = g_dbus_connection_call_sync(f->control, NAME, PATH, "org.freedesktop.DBus.Peer", "Ping", NULL, NULL, 0, -1,
                                             NULL, &error);
        g_assert_null(answer);
        g_assert_true(g_file_test(f->activated, G_FILE_TEST_EXISTS));
}

static void fails(Fixture *f, const char *plan, const char *word) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) answer = NULL;

        give(f, "trusted", 0);
        answer = control(f, "Plan", g_variant_new("(s)", plan));
        g_assert_false(set_zone(f, "eth0", "docker", &error));
        g_assert_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO);
        g_assert_nonnull(strstr(error->message, "NetworkManager"));
        g_test_message("%s", error->message);
        g_assert_nonnull(strstr(error->message, word));
}

static void test_refused(Fixture *f, gconstpointer unused G_GNUC_UNUSED) {
        fails(f, "refuse", "Update: Insufficient privileges");
        check(f, "trusted");
}

static void test_dies(Fixture *f, gconstpointer unused G_GNUC_UNUSED) {
        fails(f, "die", "Update: ");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
#define ADD(path, function, mock) g_test_add(path, Fixture, mock, set_up, function, tear_down)
        ADD("/network-manager/set", test_set, "mock");
        ADD("/network-manager/unchanged", test_unchanged, "mock");
        ADD("/network-manager/unmanaged", test_unmanaged, "mock");
        ADD("/network-manager/found-not-made", test_found, "mock");
        ADD("/network-manager/away-is-not-activated", test_away, NULL);
        ADD("/network-manager/refused", test_refused, "mock");
        ADD("/network-manager/dies", test_dies, "mock");
        return g_test_run();
}
