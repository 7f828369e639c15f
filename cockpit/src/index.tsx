// SPDX-License-Identifier: LGPL-2.1-or-later
import '@patternfly/react-core/dist/styles/base.css';
import './fonts.css';
import './app.css';
import './theme';

import { createRoot } from 'react-dom/client';

import { App } from './app';
import { ErrorBoundary } from './error-boundary';
import { Service } from './service';
import { ServiceProvider } from './use-service';

const service = new Service(cockpit);
// nearly every view shows them: they are read while the page is still being built
service.want('ports');
service.want('policies');
document.documentElement.lang = cockpit.language || 'en';
createRoot(document.getElementById('app')!).render(
    <ErrorBoundary headingLevel="h1">
        <ServiceProvider service={service}>
            <App />
        </ServiceProvider>
    </ErrorBoundary>
);
