package dev.argot.core.report;

import dev.argot.api.adaptation.AdaptationReport;
import dev.argot.api.adaptation.Reports;
import dev.argot.api.evaluation.Comparison;
import dev.argot.api.evaluation.Evaluation;
import java.nio.file.Path;

public final class ReportFiles implements Reports {
    @Override
    public void write(AdaptationReport report, Path folder) { throw new UnsupportedOperationException(); }
    @Override
    public void write(Evaluation evaluation, Path folder) { throw new UnsupportedOperationException(); }
    @Override
    public void write(Comparison comparison, Path folder) { throw new UnsupportedOperationException(); }
    @Override
    public String json(Evaluation evaluation) { throw new UnsupportedOperationException(); }
    @Override
    public String json(Comparison comparison) { throw new UnsupportedOperationException(); }
    @Override
    public AdaptationReport read(Path file) { throw new UnsupportedOperationException(); }
}
