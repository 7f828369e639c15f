// SPDX-License-Identifier: LGPL-2.1-or-later
// One page of many rows, and the control for it.
import { Pagination } from '@patternfly/react-core/dist/dynamic/components/Pagination';
import { useState, type ReactNode } from 'react';

const _ = cockpit.gettext;

export function usePaged<T>(rows: T[], what: string): { rows: T[]; pagination: ReactNode } {
    const [page, setPage] = useState(1);
    const [perPage, setPerPage] = useState(20);
    // rows may have become fewer
    const shown = Math.min(page, Math.max(1, Math.ceil(rows.length / perPage)));
    const start = (shown - 1) * perPage;
    return {
        rows: rows.slice(start, start + perPage),
        pagination: rows.length > 20 && (
            <Pagination isCompact itemCount={rows.length} page={shown} perPage={perPage} onSetPage={(_event, n) => setPage(n)}
                        onPerPageSelect={(_event, n) => { setPerPage(n); setPage(1); }} perPageOptions={[20, 50, 100].map(value => ({ title: String(value), value }))}
                        widgetId={`pages-${what}`} titles={{
                            paginationAriaLabel: _("Pages"), toPreviousPageAriaLabel: _("Previous page"), toNextPageAriaLabel: _("Next page"),
                            perPageSuffix: _("per page"), ofWord: _("of"),
                        }} />
        ),
    };
}
