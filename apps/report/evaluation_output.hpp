#pragma once
// The results of an evaluation as readable text and as JSON.

#include <string>

#include "apps/training/evaluator.hpp"
#include "data/class_table.hpp"

namespace fpanet {

/// Mean IoU of `confusion` over all classes except `unknown`, if there is a class of that name.
double mean_iou_known(const ConfusionMatrix& confusion, const ClassTable& classes);

/// Tables of all numbers, which end with a newline; "-" stands for 0/0.
std::string evaluation_text(const Tally& tally, const ClassTable& classes);

/// One JSON object: loss, iou, accuracy, precision, recall, f1 (the notebook's), pixel_accuracy,
/// mean_iou, mean_iou_known, per_class [{name,iou,precision,recall,f1,pixels}], confusion (in
/// pixels; one row per target class, one column per predicted class), images. 0/0 is null. Ends
/// with a newline.
std::string evaluation_json(const Tally& tally, const ClassTable& classes);

}  // namespace fpanet
