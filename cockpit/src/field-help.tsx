// SPDX-License-Identifier: LGPL-2.1-or-later
import { FormHelperText } from '@patternfly/react-core/dist/dynamic/components/Form';
import { HelperText, HelperTextItem } from '@patternfly/react-core/dist/dynamic/components/HelperText';

// What is wrong with a field, or else what it means.
export function FieldHelp({ id, errors, help }: { id: string; errors: string[]; help?: string }) {
    if (errors.length === 0 && !help)
        return null;
    return (
        <FormHelperText>
            <HelperText id={id} aria-live="polite">
                {errors.map(error => <HelperTextItem key={error} variant="error">{error}</HelperTextItem>)}
                {errors.length === 0 && <HelperTextItem>{help}</HelperTextItem>}
            </HelperText>
        </FormHelperText>
    );
}
