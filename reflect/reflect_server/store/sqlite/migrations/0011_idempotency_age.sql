-- So that the answers that need not be remembered any longer are found.

CREATE INDEX idempotent_answers_by_age ON idempotent_answers (created_at);
