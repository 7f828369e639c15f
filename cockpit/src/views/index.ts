// SPDX-License-Identifier: LGPL-2.1-or-later
// The page's tabs, in their order. A view is a component without properties, in a file of its own; it has one line here, and its id
// is what stands in the address: /quaywall#/policies.
import type { ComponentType } from 'react';

import { EngineView } from './engine';
import { ExplainView } from './explain';
import { GroupsView } from './groups';
import { HistoryView } from './history';
import { Overview } from './overview';
import { PoliciesView } from './policies';
import { ZoneView } from './zone';

const _ = cockpit.gettext;

export interface View { id: string; title: string; component: ComponentType }

export const VIEWS: View[] = [
    { id: 'overview', title: _("Overview"), component: Overview },
    { id: 'policies', title: _("Policies"), component: PoliciesView },
    { id: 'groups', title: _("Groups"), component: GroupsView },
    { id: 'explain', title: _("Explain"), component: ExplainView },
    { id: 'zone', title: _("Docker zone"), component: ZoneView },
    { id: 'engine', title: _("Docker settings"), component: EngineView },
    { id: 'history', title: _("History"), component: HistoryView },
];
