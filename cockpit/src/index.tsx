// SPDX-License-Identifier: LGPL-2.1-or-later
import '@patternfly/react-core/dist/styles/base.css';
import './fonts.css';
import './app.css';
import './theme';

import { createRoot } from 'react-dom/client';

import { App } from './app';
import { Service } from './service';
import { ServiceProvider } from './use-service';

document.documentElement.lang = cockpit.language || 'en';
createRoot(document.getElementById('app')!).render(
    <ServiceProvider service={new Service(cockpit)}>
        <App />
    </ServiceProvider>
);
