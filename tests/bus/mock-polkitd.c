/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mock-polkitd: org.freedesktop.PolicyKit1.Authority. Tests set its answers with org.quaywall.MockPolkit on the same object:
 * allow, deny, challenge (a prompt would be needed), hang (until Release, like a prompt that is open; a check without
 * interaction is challenged), or stuck (no answer to any check). Its signals Asked and Cancelled let a test wait for an event
 * instead of a time. */
#include <gio/gio.h>
#include <string.h>

#define NAME "org.freedesktop.PolicyKit1"
#define PATH "/org/freedesktop/PolicyKit1/Authority"
#define MOCK "org.quaywall.MockPolkit"

typedef struct {
        char *id;
        GDBusMethodInvocation *invocation;
} Prompt;

static const char xml[] =
        "<node><interface name='" NAME ".Authority'>"
        "<method name='CheckAuthorization'><arg type='(sa{sv})' direction='in'/><arg type='s' direction='in'/>"
        "<arg type='a{ss}' direction='in'/><arg type='u' direction='in'/><arg type='s' direction='in'/>"
        "<arg type='(bba{ss})' direction='out'/></method>"
        "<method name='CancelCheckAuthorization'><arg type='s' direction='in'/></method>"
        "<signal name='Changed'/></interface>"
        "<interface name='" MOCK "'>"
        /* Answer (action or "*", "allow" | "deny" | "challenge" | "hang" | "stuck") */
        "<method name='Answer'><arg type='s' direction='in'/><arg type='s' direction='in'/></method>"
        /* Release (allowed): answers every hanging check */
        "<method name='Release'><arg type='b' direction='in'/></method>"
        /* (action, details, flags, sender, cancellation id) */
        "<method name='GetChecks'><arg type='a(sa{ss}uss)' direction='out'/></method>"
        "<method name='GetCancelled'><arg type='as' direction='out'/></method>"
        "<method name='Clear'/>"
        "<signal name='Asked'><arg type='s'/></signal><signal name='Cancelled'><arg type='s'/></signal>"
        "</interface></node>";

static GHashTable *answers; /* action -> answer */
static GPtrArray *prompts, *checks, *cancelled;

static void prompt_free(Prompt *self) {
        g_free(self->id);
        g_free(self);
}

static void answer(GDBusMethodInvocation *invocation, gboolean authorized, gboolean challenge) {
        g_auto(GVariantBuilder) details = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{ss}"));

        g_dbus_method_invocation_return_value(
                invocation, g_variant_new("((bb@a{ss}))", authorized, challenge, g_variant_builder_end(&details)));
}

static void check(GDBusConnection *bus, GVariant *args, GDBusMethodInvocation *invocation) {
        g_autoptr(GVariant) subject = NULL, details = NULL;
        const char *kind, *action, *id, *how, *name = "";
        guint32 flags;
        Prompt *prompt;

        g_variant_get(args, "((&s@a{sv})&s@a{ss}u&s)", &kind, &subject, &action, &details, &flags, &id);
        g_variant_lookup(subject, "name", "&s", &name);
        g_ptr_array_add(checks, g_variant_ref_sink(g_variant_new("(s@a{ss}uss)", action, details, flags,
                                                                 g_str_equal(kind, "system-bus-name") ? name : kind, id)));
        how = g_hash_table_lookup(answers, action);
        if (!how)
                how = g_hash_table_lookup(answers, "*");
        if (g_str_equal(how, "stuck") || (g_str_equal(how, "hang") && (flags & 1))) {
                prompt = g_new0(Prompt, 1);
                prompt->id = g_strdup(id);
                prompt->invocation = invocation;
                g_ptr_array_add(prompts, prompt);
        } else if (g_str_equal(how, "allow"))
                answer(invocation, TRUE, FALSE);
        else if (g_str_equal(how, "challenge") || g_str_equal(how, "hang"))
                /* A check without interaction is challenged; if it was allowed to prompt and no password came, it is
                 * refused. */
                answer(invocation, FALSE, (flags & 1) == 0);
        else
                answer(invocation, FALSE, FALSE);
        g_dbus_connection_emit_signal(bus, NULL, PATH, MOCK, "Asked", g_variant_new("(s)", action), NULL);
}

static void cancel(GDBusConnection *bus, const char *id, GDBusMethodInvocation *invocation) {
        for (guint i = 0; i < prompts->len; i++) {
                Prompt *prompt = prompts->pdata[i];

                if (!g_str_equal(prompt->id, id))
                        continue;
                g_ptr_array_add(cancelled, g_strdup(id));
                g_dbus_method_invocation_return_dbus_error(prompt->invocation, NAME ".Error.Cancelled",
                                                           "Authorization check was cancelled");
                g_ptr_array_remove_index(prompts, i);
                g_dbus_method_invocation_return_value(invocation, NULL);
                g_dbus_connection_emit_signal(bus, NULL, PATH, MOCK, "Cancelled", g_variant_new("(s)", id), NULL);
                return;
        }
        g_dbus_method_invocation_return_dbus_error(invocation, NAME ".Error.Failed", "No such cancellation_id");
}

static void on_call(GDBusConnection *bus, const char *sender G_GNUC_UNUSED, const char *path G_GNUC_UNUSED,
                    const char *interface G_GNUC_UNUSED, const char *method, GVariant *args, GDBusMethodInvocation *invocation,
                    gpointer unused G_GNUC_UNUSED) {
        if (g_str_equal(method, "CheckAuthorization")) {
                check(bus, args, invocation);
        } else if (g_str_equal(method, "CancelCheckAuthorization")) {
                const char *id;

                g_variant_get(args, "(&s)", &id);
                cancel(bus, id, invocation);
        } else if (g_str_equal(method, "Answer")) {
                char *action, *how;

                g_variant_get(args, "(ss)", &action, &how);
                g_hash_table_insert(answers, action, how);
                g_dbus_method_invocation_return_value(invocation, NULL);
        } else if (g_str_equal(method, "Release")) {
                gboolean allowed;

                g_variant_get(args, "(b)", &allowed);
                for (guint i = 0; i < prompts->len; i++)
                        answer(((Prompt *) prompts->pdata[i])->invocation, allowed, FALSE);
                g_ptr_array_set_size(prompts, 0);
                g_dbus_method_invocation_return_value(invocation, NULL);
        } else if (g_str_equal(method, "GetChecks")) {
                g_auto(GVariantBuilder) b = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a(sa{ss}uss)"));

                for (guint i = 0; i < checks->len; i++)
                        g_variant_builder_add_value(&b, checks->pdata[i]);
                g_dbus_method_invocation_return_value(invocation, g_variant_new("(@a(sa{ss}uss))", g_variant_builder_end(&b)));
        } else if (g_str_equal(method, "GetCancelled")) {
                g_dbus_method_invocation_return_value(
                        invocation,
                        g_variant_new("(@as)", g_variant_new_strv((const char *const *) cancelled->pdata, cancelled->len)));
        } else {
                g_ptr_array_set_size(checks, 0);
                g_ptr_array_set_size(cancelled, 0);
                g_dbus_method_invocation_return_value(invocation, NULL);
        }
}

static void on_name_lost(GDBusConnection *bus G_GNUC_UNUSED, const char *name, gpointer unused G_GNUC_UNUSED) {
        g_error("cannot have the name %s", name);
}

int main(void) {
        static const GDBusInterfaceVTable vtable = { .method_call = on_call };
        g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
        g_autoptr(GError) error = NULL;
        g_autoptr(GDBusNodeInfo) info = g_dbus_node_info_new_for_xml(xml, &error);
        g_autoptr(GDBusConnection) bus = NULL;

        g_assert_no_error(error);
        answers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        g_hash_table_insert(answers, g_strdup("*"), g_strdup("allow"));
        prompts = g_ptr_array_new_with_free_func((GDestroyNotify) prompt_free);
        checks = g_ptr_array_new_with_free_func((GDestroyNotify) g_variant_unref);
        cancelled = g_ptr_array_new_with_free_func(g_free);
        bus = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, &error);
        if (!bus)
                g_error("%s", error->message);
        for (int i = 0; info->interfaces[i]; i++) {
                g_dbus_connection_register_object(bus, PATH, info->interfaces[i], &vtable, NULL, NULL, &error);
                g_assert_no_error(error);
        }
        g_bus_own_name_on_connection(bus, NAME, G_BUS_NAME_OWNER_FLAGS_NONE, NULL, on_name_lost, NULL, NULL);
        g_main_loop_run(loop);
        return 0;
}
