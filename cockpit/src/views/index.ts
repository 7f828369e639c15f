// SPDX-License-Identifier: LGPL-2.1-or-later
// The page's tabs, in their order. A view is a component without properties, in a file of its own; it has one line here, and its id
// is what stands in the address: /quaywall#/policies.
import type { ComponentType } from 'react';

import { ExplainView } from './explain';
import { HistoryView } from './history';
import { Overview } from './overview';
import { PoliciesView } from './policies';

const _ = cockpit.gettext;

export interface View { id: string; title: string; component: ComponentType }

export const VIEWS: View[] = [
    { id: 'overview', title: _("Overview"), component: Overview },
    { id: 'policies', title: _("Policies"), component: PoliciesView },
    { id: 'explain', title: _("Explain"), component: ExplainView },
    { id: 'history', title: _("History"), component: HistoryView },
];
