// SPDX-License-Identifier: LGPL-2.1-or-later
import { Page, PageSection } from '@patternfly/react-core/dist/dynamic/components/Page';
import { Tab, TabTitleText, Tabs } from '@patternfly/react-core/dist/dynamic/components/Tabs';
import { Stack, StackItem } from '@patternfly/react-core/dist/dynamic/layouts/Stack';
import { useEffect, useState } from 'react';

import { DialogProvider } from './dialogs';
import { ErrorBoundary } from './error-boundary';
import { Notices } from './notices';
import { Pending } from './pending';
import { Unavailable } from './unavailable';
import { useSnapshot } from './use-service';
import { VIEWS } from './views';

const _ = cockpit.gettext;

const viewOfAddress = () => VIEWS.find(view => view.id === cockpit.location.path[0]) ?? VIEWS[0];

export function App() {
    const known = useSnapshot(snapshot => snapshot.known);
    const [view, setView] = useState(viewOfAddress);

    useEffect(() => {
        const follow = () => setView(viewOfAddress());
        cockpit.addEventListener('locationchanged', follow);
        return () => cockpit.removeEventListener('locationchanged', follow);
    }, []);

    if (!known)
        return <Page className="no-masthead-sidebar"><PageSection><Unavailable /></PageSection></Page>;
    const Component = view.component;
    return (
        <DialogProvider>
            <Page className="no-masthead-sidebar">
                <PageSection type="tabs">
                    <h1 className="pf-v6-screen-reader">{_("Container firewall")}</h1>
                    <Tabs activeKey={view.id} onSelect={(_event, id) => cockpit.location.go([String(id)])} aria-label={_("Views")} component="nav">
                        {VIEWS.map(({ id, title }) => <Tab key={id} eventKey={id} tabContentId="view" href={`#/${id}`} title={<TabTitleText>{title}</TabTitleText>} />)}
                    </Tabs>
                </PageSection>
                <PageSection variant="secondary" isFilled>
                    <Stack hasGutter>
                        <Pending />
                        <Notices />
                        <StackItem id="view"><ErrorBoundary key={view.id} headingLevel="h2"><Component /></ErrorBoundary></StackItem>
                    </Stack>
                </PageSection>
            </Page>
        </DialogProvider>
    );
}
