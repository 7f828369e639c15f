/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "shop.h"

#include "fixture-ctl.h"

/* Docker 27 with IPv6, and containers of a shop, a name server and customers. */
static void docker_begin(MockDocker *docker, Fixture *f) {
        mock_docker_start(docker, f);
        mock_docker_tell(docker, "version 27.5.1 1.47");
        mock_docker_tell(docker, "network shop_front");
        mock_docker_tell(docker, "publish shop-web-1 shop_front 8080:80/tcp 8443:443/tcp");
        mock_docker_tell(docker, "publish shop-db-1 bridge 192.168.1.99:5432:5432/tcp");
        mock_docker_tell(docker, "publish customer-10 bridge 9010:80/tcp");
        mock_docker_tell(docker, "publish customer-2 bridge 9002:80/tcp");
        mock_docker_tell(docker, "publish voip bridge 10000-10019:10000-10019/udp 5060:5060/udp");
        mock_docker_tell(docker, "host monitoring");
}

Fixture *shop_begin(MockDocker *docker) {
        const FixtureOptions options = { .docker_ipv6 = TRUE, .no_daemon = TRUE };
        Fixture *f = fixture_new(&options);

        docker_begin(docker, f);
        fixture_start_daemon(f);
        mock_docker_wait(f, "running");
        mock_docker_wait_port(f);
        return f;
}

void shop_make_policies(Fixture *f) {
        ctl(f, 0, NULL, NULL,
            "allow-only web --from 192.168.1.0/24 10.0.0.1-10.0.0.9 203.0.113.7 2001:db8:1:2::/64 2001:db8::17 --port 8080/tcp "
            "8443/tcp --description 'The shop, for both offices and the agency that maintains it'");
        ctl(f, 0, NULL, NULL, "allow-only customer-10 --from 198.51.100.10 --port 9010/tcp");
        ctl(f, 0, NULL, NULL, "allow-only customer-2 --from 198.51.100.2 --port 9002/tcp --log --reject");
        ctl(f, 0, NULL, NULL, "deny voip --from 203.0.113.0/24 --container voip");
        ctl(f, 0, NULL, NULL, "forward lab --in int0 --out ext0 --disabled");
}
