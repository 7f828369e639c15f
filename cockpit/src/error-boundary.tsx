// SPDX-License-Identifier: LGPL-2.1-or-later
// Instead of an empty page, when something in it fails while it is drawn.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter } from '@patternfly/react-core/dist/dynamic/components/EmptyState';
import { ExclamationCircleIcon } from '@patternfly/react-icons/dist/dynamic/icons/exclamation-circle-icon';
import { Component, type ErrorInfo, type ReactNode } from 'react';

const _ = cockpit.gettext;

interface State { failure: string | null }

export class ErrorBoundary extends Component<{ headingLevel: 'h1' | 'h2'; children?: ReactNode }, State> {
    override state: State = { failure: null };

    static getDerivedStateFromError(error: unknown): State {
        return { failure: String(error) };
    }

    override componentDidCatch(error: unknown, info: ErrorInfo) {
        console.error('quaywall:', error, info.componentStack);
    }

    override render() {
        const { failure } = this.state;
        if (failure === null)
            return this.props.children;
        return (
            <EmptyState titleText={_("This cannot be shown")} icon={ExclamationCircleIcon} status="danger" headingLevel={this.props.headingLevel} role="alert">
                <EmptyStateBody>
                    {_("The page has a defect and stopped here. quaywalld and the policies are not affected. Reload the page; if that does not help, report the following words:")}
                    <pre>{failure}</pre>
                </EmptyStateBody>
                <EmptyStateFooter><EmptyStateActions>
                    <Button variant="primary" onClick={() => window.location.reload()}>{_("Reload the page")}</Button>
                </EmptyStateActions></EmptyStateFooter>
            </EmptyState>
        );
    }
}
