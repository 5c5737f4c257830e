//! Files of the site's own: embedded in the program, named by their content, cached for ever.
